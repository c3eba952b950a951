-- One row per user, event type and day with more events than count in a day, copies
-- aside: the last event that counts, the earliest events being those that do.
--
-- Hashes are counted first, and only events of days that may have too many are
-- compared. Events are read twice: a CTE used twice would be kept in memory, all of it.
-- Types without a limit are left out by the last condition: by one before the join,
-- DuckDB would expect few events, and keep them all in memory to find their copies.
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

crowded_hashes as (
    select hash(user_id, event_type, activity_date) as day_hash
    from events_to_count
    where
        max_per_day is not null
        and {{ is_of_touched_day(ref("int_event_file_days")) }}
    group by day_hash
    having count(*) > min(max_per_day)
),

crowded_days as (
    select
        events.user_id,
        events.event_type,
        events.activity_date,
        {{ nth_least(
            ["events.occurred_at", "events.event_id", "events.source_event"],
            "coalesce(events.max_per_day, 1)"
        ) }} as last_used
    from events
    inner join crowded_hashes
        on hash(events.user_id, events.event_type, events.activity_date)
        = crowded_hashes.day_hash
    left join duplicates
        on events.file = duplicates.file
        and events.file_row = duplicates.file_row
    where
        duplicates.file is null
        and {{ is_of_touched_day(ref("int_event_file_days"), "events") }}
    group by events.user_id, events.event_type, events.activity_date
    having count(*) > min(events.max_per_day)
)

select
    crowded_days.user_id,
    crowded_days.event_type,
    crowded_days.activity_date,
    crowded_days.last_used.occurred_at as last_used_at,
    crowded_days.last_used.event_id as last_used_id,
    crowded_days.last_used.source_event as last_used_event
from crowded_days
