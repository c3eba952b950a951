-- The law of points: for every user and as-of date there are contributions, they sum to
-- 1..100, and at the scoring date to the score in user_scores.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

contributions as (select * from {{ ref("score_contributions") }}),

user_scores as (select * from {{ ref("user_scores") }}),

sums as (
    select
        user_id,
        as_of_date,
        sum(points) as points
    from contributions
    group by user_id, as_of_date
)

select
    coalesce(as_of_dates.user_id, sums.user_id, user_scores.user_id) as user_id,
    coalesce(as_of_dates.as_of_date, sums.as_of_date, user_scores.as_of_date)
        as as_of_date,
    sums.points,
    user_scores.score
from as_of_dates
full outer join sums
    on as_of_dates.user_id = sums.user_id
    and as_of_dates.as_of_date = sums.as_of_date
full outer join user_scores
    on as_of_dates.user_id = user_scores.user_id
    and as_of_dates.as_of_date = user_scores.as_of_date
where
    as_of_dates.user_id is null
    or sums.points is null
    or sums.points not between 1 and 100
    or (as_of_dates.is_scoring_date and user_scores.score is distinct from sums.points)
    or (not as_of_dates.is_scoring_date and user_scores.score is not null)
