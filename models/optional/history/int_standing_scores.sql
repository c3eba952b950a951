-- One row per user with a published score: the last that was recorded.
{{ config(materialized="ephemeral") }}

with

recorded as ({{ recorded_scores() }}),

last_recorded as (
    select
        user_id,
        max(published_at) as published_at
    from recorded
    group by user_id
)

select
    recorded.user_id,
    recorded.published_at,
    recorded.score,
    recorded.band,
    recorded.weights_version,
    recorded.points_fingerprint
from recorded
inner join last_recorded
    on recorded.user_id = last_recorded.user_id
    and recorded.published_at = last_recorded.published_at
where recorded.score is not null
