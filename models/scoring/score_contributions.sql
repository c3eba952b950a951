{{ config(schema="main", meta={"published_order": "user_id, as_of_date, rule"}) }}

-- One row per user, as-of date and rule that gave points: base, rules, what group caps
-- took away, and the limit that keeps scores in 1..100. They add up to the score.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

rule_points as (select * from {{ ref("int_rule_points") }}),

groups as (select * from {{ ref("score_groups") }}),

base as (
    select
        user_id,
        as_of_date,
        'base' as rule,
        'base' as rule_group,
        1 as points,
        cast(null as varchar) as value,
        'Every user starts with a point' as reason
    from as_of_dates
),

rules as (
    select
        user_id,
        as_of_date,
        rule,
        rule_group,
        points,
        value,
        {{ reason_text("reason", "value") }} as reason
    from rule_points
    where points <> 0
),

group_sums as (
    select
        user_id,
        as_of_date,
        rule_group,
        sum(points) as points
    from rules
    group by user_id, as_of_date, rule_group
),

caps as (
    select
        group_sums.user_id,
        group_sums.as_of_date,
        concat('cap:', group_sums.rule_group) as rule,
        group_sums.rule_group,
        groups.max_points - group_sums.points as points,
        cast(null as varchar) as value,
        concat(
            groups.label, ': at most ', cast(groups.max_points as varchar), ' in all'
        ) as reason
    from group_sums
    inner join groups
        on group_sums.rule_group = groups.rule_group
        and group_sums.points > groups.max_points
),

unlimited as (
    select * from base
    union all
    select * from rules
    union all
    select * from caps
),

sums as (
    select
        user_id,
        as_of_date,
        sum(points) as points
    from unlimited
    group by user_id, as_of_date
),

limits as (
    select
        user_id,
        as_of_date,
        'limit' as rule,
        'limit' as rule_group,
        least(greatest(points, 1), 100) - points as points,
        cast(null as varchar) as value,
        'Scores stay between 1 and 100' as reason
    from sums
    where points not between 1 and 100
),

contributions as (
    select * from unlimited
    union all
    select * from limits
)

select
    user_id,
    as_of_date,
    rule,
    rule_group,
    cast(points as bigint) as points,
    value,
    reason
from contributions
