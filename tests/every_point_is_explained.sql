-- The law of points: for every user, as-of date and score there are contributions, they
-- sum to 1..100, and at the scoring date to the score in user_scores.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

contributions as (select * from {{ ref("score_contributions") }}),

user_scores as (select * from {{ ref("user_scores") }}),

other_scores as (select * from {{ ref("other_scores") }}),

score_groups as (select * from {{ ref("score_groups") }}),

sums as (
    select
        user_id,
        as_of_date,
        score_name,
        sum(points) as points
    from contributions
    group by user_id, as_of_date, score_name
),

names as (
    select coalesce(score, 'intent') as score_name from score_groups
    group by score
),

wanted as (
    select
        as_of_dates.*,
        names.score_name
    from as_of_dates
    cross join names
),

scored as (
    select
        user_id,
        as_of_date,
        'intent' as score_name,
        score
    from user_scores
    union all
    select
        user_id,
        as_of_date,
        score_name,
        score
    from other_scores
)

select
    coalesce(wanted.user_id, sums.user_id, scored.user_id) as user_id,
    coalesce(wanted.as_of_date, sums.as_of_date, scored.as_of_date) as as_of_date,
    coalesce(wanted.score_name, sums.score_name, scored.score_name) as score_name,
    sums.points,
    scored.score
from wanted
full outer join sums
    on wanted.user_id = sums.user_id
    and wanted.as_of_date = sums.as_of_date
    and wanted.score_name = sums.score_name
full outer join scored
    on wanted.user_id = scored.user_id
    and wanted.as_of_date = scored.as_of_date
    and wanted.score_name = scored.score_name
where
    wanted.user_id is null
    or sums.points is null
    or sums.points not between 1 and 100
    or (wanted.is_scoring_date or wanted.score_name <> 'intent')
    and scored.score is distinct from sums.points
    or not wanted.is_scoring_date
    and wanted.score_name = 'intent'
    and scored.score is not null
