-- One row per user and snapshot: the score that today's control panel gives for what
-- was known then, and its band.
with

contributions as (select * from {{ ref("score_contributions") }}),

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

bands as (select * from {{ ref("score_bands") }}),

scores as (
    select
        contributions.user_id,
        contributions.as_of_date,
        sum(contributions.points) as score
    from contributions
    inner join as_of_dates
        on contributions.user_id = as_of_dates.user_id
        and contributions.as_of_date = as_of_dates.as_of_date
    where as_of_dates.is_in_snapshot
    group by contributions.user_id, contributions.as_of_date
),

bands_with_ends as ({{ bands_with_ends("bands") }})

select
    scores.user_id,
    scores.as_of_date,
    cast(scores.score as integer) as score,
    bands_with_ends.band
from scores
inner join bands_with_ends
    on scores.score >= bands_with_ends.min_score
    and scores.score < bands_with_ends.next_min_score
