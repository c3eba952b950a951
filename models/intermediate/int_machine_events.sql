-- One row per event row that bot_rules.csv takes for a machine's, with the rule; the
-- first by name where several do. Only what would be used is judged: copies are not
-- counted. A rule sees the events of one id on one day, and no other day.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        partition_by=partition_column("activity_date"),
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

-- depends_on: {{ ref("int_event_file_days") }}
{% set file_days = ref("int_event_file_days") %}
with

event_rows as (select * from {{ ref("base_events") }}),

-- Not stored, nor first_copies: each kind of rule reads few of these rows, or none.
events as {{ not_stored() }} (select * from {{ ref("stg_events") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

event_types as (select * from {{ ref("event_types") }}),

bot_rules as (select * from {{ ref("bot_rules") }}),

rules as ({{ machine_rules("bot_rules", "event_types") }}),

first_copies as {{ not_stored() }} (
    select events.*
    from events
    left join duplicates
        on events.file = duplicates.file
        and events.file_row = duplicates.file_row
    where duplicates.file is null and {{ is_event_touched("events", file_days) }}
),

suspect_days as ({{ suspect_days("event_rows", "rules", file_days) }}),

suspect_events as ({{ suspect_events("first_copies", "suspect_days", "rules") }}),

agent_rules as (
    select * from bot_rules
    where status = 'on' and kind in ('user_agent', 'http_library')
),

user_agents as ({{ user_agents("events", "agent_rules", file_days) }}),

machine_agents as (
    {{ rows_from_python(
        "machine_agents",
        ["user_agents", "agent_rules"],
        {"user_agent": "string", "rule": "string"},
    ) }}
),

sendings as ({{ sendings("events", "bot_rules", "event_types", file_days) }}),

caught as (
    {{ caught_by_number("suspect_events") }}
    union all
    {{ caught_by_agent("first_copies", "machine_agents", "rules") }}
    union all
    {{ caught_by_haste("first_copies", "sendings", "rules") }}
    union all
    {{ caught_by_links("first_copies", "rules") }}
)

select
    file,
    file_row,
    user_id,
    activity_date,
    source_event,
    min(rule) as rule
from caught
group by file, file_row, user_id, activity_date, source_event
