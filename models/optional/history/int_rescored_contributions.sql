-- One row per user whose points this build changes, step from before (0) to after (5)
-- and rule that gave points: see int_rescoring_steps.
with

changed_contributions as (select * from {{ ref("int_changed_contributions") }}),

rescored_users as (select * from {{ ref("int_rescored_users") }}),

rule_points as (select * from {{ ref("int_rescored_rule_points") }}),

previous_panel as (select * from {{ ref("int_previous_panel") }}),

{% set keys = ["user_id", "step"] %}
groups as ({{ panel_rows("previous_panel", "score_groups") }}),

{{ contribution_steps("rescored_users", "rule_points", "groups", keys) }}

select
    user_id,
    step,
    rule,
    rule_group,
    cast(points as bigint) as points,
    reason
from contributions
union all
select
    user_id,
    step,
    rule,
    rule_group,
    cast(points as bigint) as points,
    reason
from changed_contributions
