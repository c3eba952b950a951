-- One row per company, as-of date and what gave it points: a rule of one of its best
-- people, or, without a user_id, what it has as a whole. They add up to its score.
with

people as (select * from {{ ref("account_people") }}),

points_of_people as (select * from {{ ref("int_account_points") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

rules as (select * from {{ ref("account_rules") }}),

points_of_further_people as (
    select
        people.account_id,
        people.as_of_date,
        cast(null as varchar) as user_id,
        rules.account_rule as rule,
        least(rules.points * count(*), coalesce(rules.max_points, 100000)) as points,
        {{ reason_text("rules.reason", "cast(count(*) as varchar)") }} as reason
    from people
    inner join rules
        on people.is_further and rules.measure = 'further_people'
    group by
        people.account_id, people.as_of_date, rules.account_rule,
        rules.points, rules.max_points, rules.reason
),

points_of_attributes as (
    select
        people.account_id,
        people.as_of_date,
        cast(null as varchar) as user_id,
        rules.account_rule as rule,
        rules.points,
        {{ reason_text("rules.reason", "feature_values.text_value") }} as reason
    from people
    inner join feature_values
        on people.user_id = feature_values.user_id
        and people.as_of_date = feature_values.as_of_date
    inner join rules
        on rules.measure = 'attribute'
        and feature_values.feature = rules.applies_to
        and lower(feature_values.text_value) = lower(rules.equals)
    where people.place is not null
    qualify
        row_number() over (
            partition by people.account_id, people.as_of_date, rules.applies_to
            order by rules.points desc, rules.account_rule, people.place
        ) = 1
),

all_points as (
    select * from points_of_people
    union all
    select * from points_of_further_people
    union all
    select * from points_of_attributes
)

select
    account_id,
    as_of_date,
    user_id,
    rule,
    points,
    reason
from all_points
where points <> 0
union all
select
    account_id,
    as_of_date,
    null as user_id,
    'limit' as rule,
    cast(-sum(points) as bigint) as points,
    'A company has 0 points at the least' as reason
from all_points
group by account_id, as_of_date
having sum(points) < 0
