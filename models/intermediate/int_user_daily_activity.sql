-- One row per user, event type and day, from used events only; event type '*' is any
-- event. Incremental and exact: days touched by new, changed or removed files are
-- computed again, however late they are, and the days after them, since sessions go on;
-- the days before are read for where they came from.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_near_touched_days(ref('int_event_file_days'), [0, 1]) }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("int_event_statuses") }}),

event_types as (select * from {{ ref("event_types") }}),

type_numbers as ({{ event_type_numbers("event_types") }}),

used_events as (
    select * from events
    where
        status = 'used'
        and {{ is_near_touched_day(ref("int_event_file_days"), [-1, 0, 1]) }}
),

sessions_by_type as ({{ sessions_by_type("used_events", "type_numbers") }}),

continued_sessions as ({{ continued_sessions("sessions_by_type", "type_numbers") }}),

days as (
    {{ activity_by_day("sessions_by_type", "type_numbers", "continued_sessions") }}
)

select * from days
where {{ is_near_touched_day(ref("int_event_file_days"), [0, 1], names_files=false) }}
