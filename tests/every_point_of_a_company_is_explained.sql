-- The law of points, of companies: contributions sum to the score at the scoring date,
-- to nothing below 0 at any date, and those of a person to what the person counts.
with

people as (select * from {{ ref("account_people") }}),

contributions as (select * from {{ ref("account_contributions") }}),

account_scores as (select * from {{ ref("account_scores") }}),

sums as (
    select
        account_id,
        as_of_date,
        sum(points) as points
    from contributions
    group by account_id, as_of_date
),

sums_of_people as (
    select
        user_id,
        as_of_date,
        sum(points) as points
    from contributions
    where user_id is not null
    group by user_id, as_of_date
)

select
    account_scores.account_id as id,
    account_scores.score as expected_points,
    sums.points
from account_scores
left join sums
    on account_scores.account_id = sums.account_id
    and account_scores.as_of_date = sums.as_of_date
where account_scores.score is distinct from coalesce(sums.points, 0)
union all
select
    sums.account_id as id,
    0 as expected_points,
    sums.points
from sums
where sums.points < 0
union all
select
    coalesce(people.user_id, sums_of_people.user_id) as id,
    people.points as expected_points,
    sums_of_people.points
from people
full outer join sums_of_people
    on people.user_id = sums_of_people.user_id
    and people.as_of_date = sums_of_people.as_of_date
where
    case when people.is_among_best then people.points end
    is distinct from sums_of_people.points
