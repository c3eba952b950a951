{{ config(schema="main", meta={"published_order": "user_id, as_of_date, rule"}) }}

-- One row per user, as-of date and rule that gave points, of each score: base, rules (0
-- if a better one of the group counts), caps, the limit to 1..100. They add up to it.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

rule_points as (select * from {{ ref("int_counted_points") }}),

points_to_sum as (select * from {{ ref("int_counted_points") }}),

groups as (select * from {{ ref("score_groups") }}),

scores as (select distinct coalesce(score, 'intent') as score_name from groups),

group_sums as (
    select
        user_id,
        as_of_date,
        rule_group,
        max(score_name) as score_name,
        max(max_points) as max_points,
        max(label) as label,
        cast(sum(points) as bigint) as points
    from points_to_sum
    group by user_id, as_of_date, rule_group
)

select
    as_of_dates.user_id,
    as_of_dates.as_of_date,
    scores.score_name,
    concat_ws('', 'base', nullif(':' || scores.score_name, ':intent')) as rule,
    'base' as rule_group,
    cast(1 as bigint) as points,
    cast(null as string) as value,
    'Every user starts with a point' as reason
from as_of_dates
cross join scores
union all
select
    user_id,
    as_of_date,
    score_name,
    rule,
    rule_group,
    points,
    value,
    concat_ws('', {{ reason_text("reason", "value") }}, note) as reason
from rule_points
where points <> 0 or note is not null
union all
select
    user_id,
    as_of_date,
    score_name,
    concat('cap:', rule_group) as rule,
    rule_group,
    max_points - points as points,
    null as value,
    concat_ws('', label, ': at most ', cast(max_points as string), ' in all') as reason
from group_sums
where points > max_points
union all
select
    user_id,
    as_of_date,
    score_name,
    concat_ws('', 'limit', nullif(':' || score_name, ':intent')) as rule,
    'limit' as rule_group,
    cast(
        least(greatest(sum(least(points, max_points)), 0), 99) -- and the base
        - sum(least(points, max_points)) as bigint
    ) as points,
    null as value,
    'Scores stay between 1 and 100' as reason
from group_sums
group by user_id, as_of_date, score_name
having sum(least(points, max_points)) not between 0 and 99
