-- One row per user at the scoring date: the score, the band in which the user is, the
-- grade, and what to do. Who has reached a band stays in it for `min_days` after the
-- last score that did, until a score is below `leave_at`: see docs/weights.md.
{{ config(materialized="view") }}

with

scores as (select * from {{ ref("int_scores") }}),

reached as (select * from {{ ref("int_reached_bands") }}),

bands as (select * from {{ ref("score_bands") }}),

grades as (select * from {{ ref("score_grades") }}),

bands_in_order as (
    select
        *,
        lag(min_score) over (order by min_score) as min_score_below
    from bands
    where score is null
),

held as (
    select
        scores.user_id,
        max(bands.min_score) as min_score
    from scores
    inner join reached
        on scores.user_id = reached.user_id
    inner join bands
        on reached.band = bands.band
    where
        scores.is_scoring_date
        and scores.score >= coalesce(bands.leave_at, bands.min_score)
        and {{ days_between("reached.stood_until_date", "scores.as_of_date") }}
        < bands.min_days
    group by scores.user_id
),

-- Who is beyond `min_score` only, and not held, is in the band below.
entered as (
    select
        scores.user_id,
        scores.as_of_date,
        scores.score,
        scores.fit_score,
        scores.fit_band,
        scores.is_customer,
        scores.has_activity,
        scores.is_named,
        scores.is_held_out,
        scores.last_seen_date,
        greatest(
            coalesce(held.min_score, 1),
            case
                when scores.score < bands_in_order.enter_at
                    then bands_in_order.min_score_below
                else bands_in_order.min_score
            end
        ) as band_min_score
    from scores
    inner join bands_in_order on scores.band = bands_in_order.band
    left join held on scores.user_id = held.user_id
    where scores.is_scoring_date
)

select
    entered.*,
    bands.band,
    grades.grade,
    coalesce(grades.action, bands.action) as action
from entered
inner join bands
    on entered.band_min_score = bands.min_score
    and bands.score is null
left join grades
    on bands.band = grades.intent_band
    and entered.fit_band = grades.fit_band
