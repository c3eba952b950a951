-- One row per user, step of re-scoring and rule of the panel of before that applies,
-- with its points before group caps.
with

rescored_users as (select * from {{ ref("int_rescored_users") }}),

feature_values as (select * from {{ ref("int_rescored_feature_values") }}),

changed_contributions as (select * from {{ ref("int_changed_contributions") }}),

previous_panel as (select * from {{ ref("int_previous_panel") }}),

{% set keys = ["user_id", "step"] %}
features as ({{ panel_rows("previous_panel", "features") }}),

rules as ({{ panel_rows("previous_panel", "scoring_rules") }}),

attribute_rules as ({{ attribute_rules("previous_panel") }}),

features_allowing_zero as ({{ features_allowing_zero("rules", "features") }}),

zero_values as (
    {{ zero_values(
        "rescored_users", "features_allowing_zero", "feature_values", keys
    ) }}
),

all_values as (
    select * from feature_values
    union all
    select * from zero_values
),

rules_applied as ({{ rules_applied("all_values", "rules", keys) }}),

attributes_as_published as (
    select
        changed_contributions.user_id,
        1 as step,
        attribute_rules.rule,
        attribute_rules.rule_group,
        changed_contributions.points,
        changed_contributions.value,
        attribute_rules.reason
    from changed_contributions
    inner join attribute_rules
        on changed_contributions.rule = attribute_rules.rule
    where changed_contributions.step = 0
)

select
    user_id,
    step,
    rule,
    rule_group,
    points,
    value,
    reason
from rules_applied
union all
select
    user_id,
    step,
    rule,
    rule_group,
    points,
    value,
    reason
from attributes_as_published
