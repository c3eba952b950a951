-- One row per usable event row of a known event type that does not count, and why:
-- duplicate   its event id was already there on the same day
-- over_limit  more of its event type than count in a day; the earliest count
-- Which copy or which events count depends on their content only, never on the order
-- in which they came; the file decides between copies that are the same.
--
-- To sort every event takes longer than all the rest of the build. So hashes are counted
-- first, and only rows whose hash is there too often are sorted. The counts read the
-- views themselves: a CTE that is used twice would be kept in memory, events and all.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}
{%- set is_touched_day = is_touched(ref("int_event_file_days"), "activity_date") %}
with

repeated_ids as (
    select
        activity_date,
        id_hash
    from {{ ref("base_events") }}
    where {{ is_touched_day }}
    group by activity_date, id_hash
    having count(*) > 1
),

crowded_days as (
    select
        activity_date,
        hash(user_id, event_type) as user_type_hash
    from {{ ref("stg_events") }}
    where max_per_day is not null and {{ is_touched_day }}
    group by activity_date, user_type_hash, max_per_day
    having count(*) > max_per_day
),

copies_numbered as (
    select
        events.activity_date,
        events.file,
        events.file_row,
        events.source_event,
        events.event_type,
        row_number() over (
            partition by events.activity_date, events.event_id
            order by
                events.occurred_at, events.user_id, events.source_event,
                events.received_at nulls last, events.duration_seconds nulls last,
                events.amount nulls last, events.session_id nulls last,
                events.file, events.file_row
        ) as copy_number
    from {{ ref("stg_events") }} as events
    inner join repeated_ids
        on events.activity_date = repeated_ids.activity_date
        and events.id_hash = repeated_ids.id_hash
    where events.event_type is not null
),

duplicates as (select * from copies_numbered where copy_number > 1),

days_numbered as (
    select
        events.activity_date,
        events.file,
        events.file_row,
        events.source_event,
        events.event_type,
        events.max_per_day,
        row_number() over (
            partition by events.activity_date, events.user_id, events.event_type
            order by events.occurred_at, events.event_id
        ) as number_in_day
    from {{ ref("stg_events") }} as events
    inner join crowded_days
        on events.activity_date = crowded_days.activity_date
        and hash(events.user_id, events.event_type) = crowded_days.user_type_hash
    left join duplicates
        on events.file = duplicates.file
        and events.file_row = duplicates.file_row
    where duplicates.file is null
)

select
    activity_date,
    file,
    file_row,
    source_event,
    event_type,
    'duplicate' as event_status
from duplicates
union all
select
    activity_date,
    file,
    file_row,
    source_event,
    event_type,
    'over_limit' as event_status
from days_numbered
where number_in_day > max_per_day
