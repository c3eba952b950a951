-- One row per usable event row that is more of its event type than counts in a day: the
-- earliest events of a user and day count, copies aside.
--
-- Hashes of user and type are counted first, and only days that have too many are
-- sorted. Events are read twice: a CTE used twice would be kept in memory, all of it.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("stg_events") }}),

events_to_count as (select * from {{ ref("stg_events") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

crowded_days as (
    select
        activity_date,
        hash(user_id, event_type) as user_type_hash
    from events_to_count
    where
        max_per_day is not null
        and {{ is_of_touched_day(ref("int_event_file_days")) }}
    group by activity_date, user_type_hash, max_per_day
    having count(*) > max_per_day
),

days_numbered as (
    select
        events.activity_date,
        events.file,
        events.file_row,
        events.source_event,
        events.event_type,
        events.max_per_day,
        {{ number_in_day("events") }} as number_in_day
    from events
    inner join crowded_days
        on events.activity_date = crowded_days.activity_date
        and hash(events.user_id, events.event_type) = crowded_days.user_type_hash
    left join duplicates
        on events.file = duplicates.file
        and events.file_row = duplicates.file_row
    where
        duplicates.file is null
        and {{ is_of_touched_day(ref("int_event_file_days"), "events") }}
)

select
    activity_date,
    file,
    file_row,
    source_event,
    event_type
from days_numbered
where number_in_day > max_per_day
