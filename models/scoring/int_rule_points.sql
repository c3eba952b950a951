-- One row per user, as-of date and rule that applies, with its points before group
-- caps. Features without a value count as zero for rules that allow zero; unknown
-- attributes and "never" satisfy no rule. Values are read twice: a CTE used twice would
-- be kept in memory, all of it. A view: to compute points twice is faster than to store
-- them.
{{ config(materialized="view") }}

with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

known_values as (select * from {{ ref("user_feature_values") }}),

features as (select * from {{ ref("features") }}),

rules as (select * from {{ ref("scoring_rules") }}),

features_allowing_zero as ({{ features_allowing_zero("rules", "features") }}),

zero_values as (
    {{ zero_values("as_of_dates", "features_allowing_zero", "known_values") }}
),

all_values as (
    select * from feature_values
    union all
    select * from zero_values
),

rules_applied as ({{ rules_applied("all_values", "rules") }})

select
    user_id,
    as_of_date,
    rule,
    rule_group,
    points,
    value,
    reason
from rules_applied
