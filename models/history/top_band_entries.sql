{{ config(schema="main", meta={"published_order": "user_id"}) }}

-- One row per user who came into the top band with the last build, customers left out.
-- None on the first build: nobody crossed anything.
with

history as (select * from {{ ref("user_score_history") }}),

publications as (select * from {{ ref("int_publications") }}),

user_scores as (select * from {{ ref("user_scores") }}),

score_bands as (select * from {{ ref("score_bands") }}),

top_band as (
    select max_by(band, min_score) as band
    from score_bands
),

last_publication as (
    select
        max(published_at) as published_at,
        count(*) > 1 as has_earlier
    from publications
),

came as (
    select history.*
    from history
    inner join top_band
        on history.band = top_band.band
    inner join last_publication
        on history.published_at = last_publication.published_at
        and last_publication.has_earlier
),

before as (
    select
        came.user_id,
        history.score as previous_score,
        history.band as previous_band
    from came
    inner join history
        on came.user_id = history.user_id
        and came.published_at = history.replaced_at
)

select
    substr(
        md5(concat_ws('|', came.user_id, came.band, cast(came.as_of_date as varchar))),
        1,
        16
    ) as entry_id,
    came.user_id,
    came.as_of_date,
    came.score,
    came.band,
    before.previous_score,
    before.previous_band,
    user_scores.reason_1,
    user_scores.reason_2,
    user_scores.reason_3,
    user_scores.action,
    user_scores.next_step,
    came.weights_version
from came
inner join user_scores
    on came.user_id = user_scores.user_id
left join before
    on came.user_id = before.user_id
where
    not came.is_customer
    and came.band <> coalesce(before.previous_band, '')
