-- One row: the version of the control panel, a hash of what it says. Descriptions do
-- not count, nor does the order of lines, but of conditions on events.
{{ config(schema="internal") }}

with

event_types as (select * from {{ ref("event_types") }}),

features as (select * from {{ ref("features") }}),

scoring_rules as (select * from {{ ref("scoring_rules") }}),

score_groups as (select * from {{ ref("score_groups") }}),

score_bands as (select * from {{ ref("score_bands") }}),

score_grades as (select * from {{ ref("score_grades") }}),

bot_rules as (select * from {{ ref("bot_rules") }}),

exclusions as (select * from {{ ref("exclusions") }}),

lines as (
    {% set panel = {
        "event_types": ["source_event", "event_type", "max_per_day"],
        "features": ["feature", "event_type", "measure", "window_days", "half_life_days"],
        "scoring_rules": [
            "rule", "rule_group", "feature", "min_value", "max_value", "equals",
            "points", "per", "max_points", "reason", "next_step",
        ],
        "score_groups": [
            "rule_group", "max_points",
            "concat_ws('', label, case pick_best when 'yes' then '|pick_best' end,"
            ~ " '|' || score, '|resets ' || resets)",
        ],
        "score_bands": [
            "band", "min_score",
            "concat_ws('', action, '|' || score, '|enter ' || enter_at,"
            ~ " '|leave ' || leave_at, '|days ' || min_days)",
        ],
        "score_grades": ["grade", "fit_band", "intent_band", "action"],
        "bot_rules": [
            "rule", "kind", "threshold", "event_types", "after_event", "pattern", "status",
        ],
        "exclusions": ["exclusion", "attribute", "equals", "pattern", "reason"],
    } -%}
    {% for seed, columns in panel.items() %}
        select
            concat_ws(
                '|',
                '{{ seed }}',
                {% for column in columns %}
                    coalesce(cast({{ column }} as string), '')
                    {{- "," if not loop.last }}
                {% endfor %}
            ) as line
        from {{ seed }}
        {{ "union all" if not loop.last }}
    {% endfor %}
    {% if event_conditions() %}
        union all
        select {{ sql_text(tojson(event_conditions())) }} as line
    {% endif %}
)

select
    substr(
        md5({{ ordered_text("line", order_by="line") }}), 1, 12
    ) as weights_version
from lines
