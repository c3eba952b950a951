-- Whose score the last build changed most, with the rules that did it, the heaviest
-- first: from top_changes(20);
{{ config(schema="main", materialized="table_function", parameters=["how_many"]) }}

with

score_changes as (select * from {{ ref("score_changes") }}),

-- Points that cancel out, as where a cap holds, move nobody.
moved as (
    select * from score_changes
    where change <> 0
),

last_build as (select max(published_at) as published_at from moved),

changes as (
    select moved.*
    from moved
    inner join last_build
        on moved.published_at = last_build.published_at
),

differences as (
    select
        user_id,
        {{ unnested("differences") }} as difference
    from changes
),

numbered as (
    select
        differences.user_id,
        concat(
            differences.difference.reason, ' (', differences.difference.cause, ' ',
            {{ signed_points("differences.difference.points") }}, ')'
        ) as reason,
        row_number() over (
            partition by differences.user_id
            order by
                abs(differences.difference.points) desc,
                differences.difference.cause,
                differences.difference.rule
        ) as reason_number
    from differences
),

reasons as (
    select
        user_id,
        {{ ordered_text("reason", order_by="reason_number", separator="; ") }}
            as reasons
    from numbered
    where reason_number <= 3
    group by user_id
)

select
    changes.user_id,
    changes.previous_score,
    changes.score,
    changes.change,
    reasons.reasons
from changes
inner join reasons
    on changes.user_id = reasons.user_id
order by abs(changes.change) desc, changes.user_id
limit how_many
