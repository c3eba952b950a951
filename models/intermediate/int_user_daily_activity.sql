-- One row per user, event type and day, from used events only; event type '*' is any
-- event. max_per_day bounds the number of events that count, and nothing else.
-- Incremental and exact: days that new, changed or removed files touch are computed
-- again, and those beside them, since sessions go on, under another id, too.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date', [-1, 0, 1]) }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("stg_events") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

machines as (select * from {{ ref("int_machine_events") }}),

event_types as (select * from {{ ref("event_types") }}),

type_numbers as ({{ event_type_numbers("event_types") }}),

used_events as (
    select events.*
    from events
    left join duplicates
        on events.file = duplicates.file
        and events.file_row = duplicates.file_row
    left join machines
        on events.file = machines.file
        and events.file_row = machines.file_row
    where
        duplicates.file is null
        and machines.file is null
        and events.event_type is not null
        and {{ is_event_touched("events", ref("int_event_file_days"), range(-2, 3)) }}
),

sessions_by_type as ({{ sessions_by_type("used_events", "type_numbers") }}),

long_sessions as ({{ long_sessions("sessions_by_type") }}),

shared_sessions as ({{ shared_sessions("long_sessions", "type_numbers") }}),

continued_sessions as ({{ continued_sessions("long_sessions", "type_numbers") }}),

days_by_type as ({{ days_by_type("sessions_by_type") }}),

parts_of_any_type as (
    {{ parts_of_any_type("days_by_type", "sessions_by_type", "type_numbers") }}
),

days_of_all_types as (
    select * from days_by_type
    union all
    select
        user_id,
        0 as type_number,
        activity_date,
        bool_or(is_named) as is_named,
        sum(events) as events,
        sum(sessions) as sessions,
        sum(seconds) as seconds,
        sum(amount) as amount
    from parts_of_any_type
    group by user_id, activity_date
),

daily_activity as (
    {{ activity_by_day(
        "days_of_all_types", "type_numbers", "continued_sessions", "shared_sessions"
    ) }}
)

select * from daily_activity
where {{ is_touched(ref("int_event_file_days"), "activity_date", [-1, 0, 1]) }}
