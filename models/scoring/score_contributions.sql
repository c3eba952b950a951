{{ config(schema="main", meta={"published_order": "user_id, as_of_date, rule"}) }}

-- One row per user, as-of date and rule that gave points: base, rules, what group caps
-- took away, and the limit that keeps scores in 1..100. They add up to the score. Rules
-- that gave none as a better one of their group counts are in it, with 0 points.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

rule_points as (select * from {{ ref("int_counted_points") }}),

points_to_sum as (select * from {{ ref("int_counted_points") }}),

groups as (select * from {{ ref("score_groups") }}),

group_sums as (
    select
        points_to_sum.user_id,
        points_to_sum.as_of_date,
        groups.rule_group,
        max(groups.max_points) as max_points,
        max(groups.label) as label,
        cast(sum(points_to_sum.points) as bigint) as points
    from points_to_sum
    inner join groups
        on points_to_sum.rule_group = groups.rule_group
    group by points_to_sum.user_id, points_to_sum.as_of_date, groups.rule_group
),

sums as (
    select
        user_id,
        as_of_date,
        1 + cast(sum(least(points, max_points)) as bigint) as points
    from group_sums
    group by user_id, as_of_date
)

select
    user_id,
    as_of_date,
    'base' as rule,
    'base' as rule_group,
    cast(1 as bigint) as points,
    cast(null as varchar) as value,
    'Every user starts with a point' as reason
from as_of_dates
union all
select
    user_id,
    as_of_date,
    rule,
    rule_group,
    points,
    value,
    concat({{ reason_text("reason", "value") }}, note) as reason
from rule_points
where points <> 0 or note is not null
union all
select
    user_id,
    as_of_date,
    concat('cap:', rule_group) as rule,
    rule_group,
    max_points - points as points,
    null as value,
    concat(label, ': at most ', cast(max_points as varchar), ' in all') as reason
from group_sums
where points > max_points
union all
select
    user_id,
    as_of_date,
    'limit' as rule,
    'limit' as rule_group,
    least(greatest(points, 1), 100) - points as points,
    null as value,
    'Scores stay between 1 and 100' as reason
from sums
where points not between 1 and 100
