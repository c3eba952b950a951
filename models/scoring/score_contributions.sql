{{ config(schema="main", meta={"published_order": "user_id, as_of_date, rule"}) }}

-- One row per user, as-of date and rule that gave points: base, rules, what group caps
-- took away, and the limit that keeps scores in 1..100. They add up to the score.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

rule_points as (select * from {{ ref("int_rule_points") }}),

points_to_sum as (select * from {{ ref("int_rule_points") }}),

groups as (select * from {{ ref("score_groups") }}),

{{ contribution_steps(
    "as_of_dates", "rule_points", "groups", points_to_sum="points_to_sum"
) }}

select
    user_id,
    as_of_date,
    rule,
    rule_group,
    cast(points as bigint) as points,
    value,
    reason
from contributions
