-- One row per user and band with `min_days` that a published score has reached: the day
-- from which none stood any more that reached it, 9999-12-31 while one does. Who fell
-- below `leave_at` since has left it. Scores of other control panels do not count.
-- Where no band has `min_days`, nothing is read.
{{ config(materialized="view") }}

with

bands as (select * from {{ ref("score_bands") }}),

weights as (select * from {{ ref("int_weights_version") }}),

recorded as ({{ recorded_scores() }}),

-- A score stands until another one is published.
standing as (
    select
        recorded.user_id,
        bands.band,
        recorded.weights_version,
        recorded.published_at,
        recorded.score >= coalesce(bands.enter_at, bands.min_score) as is_reached,
        recorded.score < coalesce(bands.leave_at, bands.min_score) as is_left,
        lead(recorded.as_of_date, 1, date '9999-12-31') over (
            partition by recorded.user_id, bands.band
            order by recorded.published_at
        ) as stood_until_date
    from recorded
    cross join bands
    where bands.min_days is not null
)

select
    standing.user_id,
    standing.band,
    max(standing.stood_until_date) filter (where standing.is_reached)
        as stood_until_date
from standing
inner join weights
    on standing.weights_version = weights.weights_version
group by standing.user_id, standing.band
having
    max(standing.published_at) filter (where standing.is_reached)
    > coalesce(
        max(standing.published_at) filter (where standing.is_left),
        timestamp '0001-01-01 00:00:00'
    )
