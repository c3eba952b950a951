-- One row per user, event type, day and version of what was known about it, from used
-- events only; event type '*' is any event. max_per_day bounds how many events count,
-- and nothing else. Incremental and exact: days that new, changed or removed files
-- touch are computed again, with those beside them, since sessions go on.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        partition_by=partition_column("activity_date"),
        on_schema_change="fail",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date', [-1, 0, 1]) }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("stg_events") }}),

copies as (select * from {{ ref("int_repeated_events") }}),

machines as (select * from {{ ref("int_machine_events") }}),

event_types as (select * from {{ ref("event_types") }}),

type_numbers as ({{ event_type_numbers("event_types") }}),

-- An event is known from the day on which the first of its copies came.
used_events as (
    select
        events.*,
        nullif(
            coalesce(copies.known_date, {{ known_date("events") }}),
            events.activity_date
        ) as known_from_date
    from events
    left join copies
        on events.file = copies.file
        and events.file_row = copies.file_row
    left join machines
        on events.file = machines.file
        and events.file_row = machines.file_row
    where
        coalesce(copies.copy_number, 1) = 1
        and machines.file is null
        and events.event_type is not null
        and {{ is_event_touched("events", ref("int_event_file_days"), range(-2, 3)) }}
),

parts_of_sessions as ({{ parts_of_sessions("used_events", "type_numbers") }}),

versions as ({{ versions_of_days("parts_of_sessions") }}),

sessions_by_type as ({{ sessions_by_type("parts_of_sessions", "versions") }}),

long_sessions as ({{ long_sessions("sessions_by_type") }}),

session_days as ({{ session_days("long_sessions", "type_numbers") }}),

shared_sessions as ({{ shared_sessions("session_days", "long_sessions") }}),

continued_sessions as ({{ continued_sessions("session_days") }}),

days_by_type as ({{ days_by_type("sessions_by_type") }}),

days_of_all_types as (
    select * from days_by_type
    union all
    {{ days_of_any_type("days_by_type", "sessions_by_type", "type_numbers") }}
),

daily_activity as (
    {{ activity_by_day(
        "days_of_all_types", "type_numbers", "continued_sessions", "shared_sessions",
        "versions"
    ) }}
)

select * from daily_activity
where {{ is_touched(ref("int_event_file_days"), "activity_date", [-1, 0, 1]) }}
