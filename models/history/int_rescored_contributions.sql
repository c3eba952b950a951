-- One row per user whose points this build changes, step from before (0) to after (5)
-- and rule that gave points: see int_rescoring_steps.
with

changed_contributions as (select * from {{ ref("int_changed_contributions") }}),

rescored_users as (select * from {{ ref("int_rescored_users") }}),

rule_points as (select * from {{ ref("int_rescored_rule_points") }}),

previous_panel as (select * from {{ ref("int_previous_panel") }}),

{% set keys = ["user_id", "step"] %}
groups as ({{ panel_rows("previous_panel", "score_groups") }}),

base as ({{ base_points("rescored_users", keys) }}),

rules as ({{ rule_contributions("rule_points", keys) }}),

group_sums as ({{ sums_of_points("rules", keys + ["rule_group"]) }}),

caps as ({{ group_caps("group_sums", "groups", keys) }}),

unlimited as (
    select * from base
    union all
    select * from rules
    union all
    select * from caps
),

sums as ({{ sums_of_points("unlimited", keys) }}),

limits as ({{ limit_points("sums", keys) }}),

contributions as (
    select * from unlimited
    union all
    select * from limits
    union all
    select
        user_id,
        step,
        rule,
        rule_group,
        points,
        value,
        reason
    from changed_contributions
)

select
    user_id,
    step,
    rule,
    rule_group,
    cast(points as bigint) as points,
    reason
from contributions
