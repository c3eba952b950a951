{{
    config(
        schema="main",
        meta={"published_order": "weights_version, panel_file, line_key"},
    )
}}

-- One row per version of the control panel, file and line: what a version said, kept
-- from the first publication that used it.
with

weights as (select * from {{ ref("int_weights_version") }}),

event_types as (select * from {{ ref("event_types") }}),

features as (select * from {{ ref("features") }}),

scoring_rules as (select * from {{ ref("scoring_rules") }}),

score_groups as (select * from {{ ref("score_groups") }}),

score_bands as (select * from {{ ref("score_bands") }}),

score_grades as (select * from {{ ref("score_grades") }}),

bot_rules as (select * from {{ ref("bot_rules") }}),

exclusions as (select * from {{ ref("exclusions") }}),

recorded as (
    {{ recorded("panels", {
        "weights_version": "varchar",
        "panel_file": "varchar",
        "line_key": "varchar",
        "line": "varchar",
    }) }}
),

lines as (
    {% set keys = {
        "event_types": "source_event",
        "features": "feature",
        "scoring_rules": "rule",
        "score_groups": "rule_group",
        "score_bands": "band",
        "score_grades": "grade",
        "bot_rules": "rule",
        "exclusions": "exclusion",
    } -%}
    {% for seed, key in keys.items() %}
        {{ panel_lines(seed, key) }}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    weights.weights_version,
    lines.panel_file,
    lines.line_key,
    lines.line
from lines
cross join weights
where
    weights.weights_version not in (
        select recorded.weights_version from recorded
    )
union all
select
    weights_version,
    panel_file,
    line_key,
    line
from recorded
