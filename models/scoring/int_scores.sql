-- One row per user and as-of date: the score of intent and the band it lies in, and
-- those of fit. The one place where points of intent become score and band; evaluation,
-- experiments and history read it.
with

contributions as (select * from {{ ref("score_contributions") }}),

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

held_out as (select * from {{ ref("int_held_out") }}),

bands as (select * from {{ ref("score_bands") }}),

other_scores as (select * from {{ ref("other_scores") }}),

scores as (
    select
        user_id,
        as_of_date,
        cast(sum(points) as integer) as score,
        cast(sum(points) filter (where rule <> 'limit') as integer) as unlimited_score
    from contributions
    where score_name = 'intent'
    group by user_id, as_of_date
),

bands_with_ends as (
    select
        *,
        lead(min_score, 1, 101) over (order by min_score) as next_min_score
    from bands
    where score is null
)

select
    scores.user_id,
    scores.as_of_date,
    as_of_dates.is_scoring_date,
    as_of_dates.is_backfilled,
    as_of_dates.is_in_snapshot,
    as_of_dates.is_customer,
    as_of_dates.has_activity,
    as_of_dates.is_named,
    as_of_dates.last_activity_date as last_seen_date,
    held_out.user_id is not null as is_held_out,
    scores.score,
    scores.unlimited_score,
    bands_with_ends.band,
    other_scores.score as fit_score,
    other_scores.band as fit_band
from scores
inner join as_of_dates
    on scores.user_id = as_of_dates.user_id
    and scores.as_of_date = as_of_dates.as_of_date
inner join bands_with_ends
    on scores.score >= bands_with_ends.min_score
    and scores.score < bands_with_ends.next_min_score
left join other_scores
    on scores.user_id = other_scores.user_id
    and scores.as_of_date = other_scores.as_of_date
    and other_scores.score_name = 'fit'
left join held_out
    on scores.user_id = held_out.user_id
    and scores.as_of_date = held_out.as_of_date
