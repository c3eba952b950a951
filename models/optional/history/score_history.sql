-- A user's scores over time, as they were published then (as_then) and as today's panel
-- and data score the same days (as_now): from score_history('u42');
{{
    config(
        schema="main",
        materialized="table_function",
        parameters=["wanted_user_id"],
    )
}}

with

history as (select * from {{ ref("user_score_history") }}),

backfill as (select * from {{ ref("user_score_backfill") }}),

scores as (
    select
        user_id,
        as_of_date,
        'as_then' as basis,
        score,
        band,
        weights_version,
        published_at
    from history
    union all
    select
        user_id,
        as_of_date,
        'as_now' as basis,
        score,
        band,
        weights_version,
        published_at
    from backfill
)

select
    as_of_date,
    score,
    band,
    weights_version,
    basis,
    published_at
from scores
where user_id = wanted_user_id
order by as_of_date, basis desc, published_at
