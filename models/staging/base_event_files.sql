-- One row per file that POINTWISE_EVENTS means, without looking inside; files beside
-- them that are not read have a reason. mapping_version changes with anything that
-- changes what a row of a file means; everything incremental then starts over.
-- depends_on: {{ source("raw", "events") }}
{% set settings = [
    var("event_columns"), var("time_zone"), var("earliest_event_date"),
    var("max_id_length"), var("placeholder_ids"), var("outcome_event_type"),
    var("outcome_is_repeatable"), call_python("crawler_list"),
] + list_var("contact_event_types") + event_conditions() %}
with

event_types as (select * from {{ ref("event_types") }}),

bot_rules as (select * from {{ ref("bot_rules") }}),

machine_panel as (
    select
        {{ ordered_text(
            as_json(["rule", "kind", "threshold", "event_types", "after_event", "pattern"]),
            order_by="rule",
        ) }} as content
    from bot_rules
    where status = 'on'
),

event_panel as (
    select
        {{ ordered_text(
            "concat_ws('', source_event, '>', event_type, '<', max_per_day)",
            order_by="source_event"
        ) }} as content
    from event_types
),

files as ({{ list_files(event_files_path()) }})

select
    files.file,
    files.size_bytes,
    files.modified_at,
    md5(
        concat_ws(
            '', '{{ local_md5(tojson(settings)) }}', event_panel.content,
            machine_panel.content
        )
    ) as mapping_version,
    files.reason
from files
cross join event_panel
cross join machine_panel
