{{ config(schema="main", meta={"published_order": "user_id, as_of_date, rule"}) }}

-- One row per user, as-of date and rule that gave points: base, rules, what group caps
-- took away, and the limit that keeps scores in 1..100. They add up to the score.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

rule_points as (select * from {{ ref("int_rule_points") }}),

groups as (select * from {{ ref("score_groups") }}),

base as ({{ base_points("as_of_dates") }}),

rules as ({{ rule_contributions("rule_points") }}),

group_sums as (
    {{ sums_of_points("rules", keys=["user_id", "as_of_date", "rule_group"]) }}
),

caps as ({{ group_caps("group_sums", "groups") }}),

unlimited as (
    select * from base
    union all
    select * from rules
    union all
    select * from caps
),

sums as ({{ sums_of_points("unlimited") }}),

limits as ({{ limit_points("sums") }}),

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
