-- One row per event file, day and source event: what became of every row. Rows that
-- cannot be used have no day; files without a row, or that cannot be read, have one
-- line. raw = used + duplicate + over limit + unmapped + quarantined, always.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook=[
            "{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
            "{% if is_incremental() %}delete from {{ this }} where activity_date is null{% endif %}",
        ],
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("stg_events") }}),

set_aside as (select * from {{ ref("int_events_set_aside") }}),

quarantined_events as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

file_days as (select * from {{ ref("int_event_file_days") }}),

usable as (
    select
        file,
        activity_date,
        source_event,
        event_type,
        case when event_type is null then 'unmapped' else 'used' end as event_status,
        count(*) as events
    from events
    where {{ is_touched(ref("int_event_file_days"), "activity_date") }}
    group by file, activity_date, source_event, event_type
),

set_aside_counted as (
    select
        file,
        activity_date,
        source_event,
        event_type,
        event_status,
        count(*) as events
    from set_aside
    where {{ is_touched(ref("int_event_file_days"), "activity_date") }}
    group by file, activity_date, source_event, event_type, event_status
),

quarantined as (
    select
        file,
        count(*) as events
    from quarantined_events
    group by file
),

unreadable_or_empty as (
    select
        event_files.file,
        case
            when event_files.is_readable then 0
            else coalesce(event_files.row_count, 0)
        end as events
    from event_files
    left join quarantined
        on event_files.file = quarantined.file
    left join file_days
        on event_files.file = file_days.file
    where quarantined.file is null and file_days.file is null
),

without_day as (
    select * from quarantined
    union all
    select * from unreadable_or_empty
),

all_rows as (
    select * from usable
    union all
    select * from set_aside_counted
    union all
    -- They are among the usable ones, and not used.
    select
        file,
        activity_date,
        source_event,
        event_type,
        'used' as event_status,
        -events as events
    from set_aside_counted
    union all
    select
        file,
        null as activity_date,
        null as source_event,
        null as event_type,
        'quarantined' as event_status,
        events
    from without_day
)

select
    file,
    cast(activity_date as date) as activity_date,
    cast(source_event as varchar) as source_event,
    cast(event_type as varchar) as event_type,
    cast(sum(events) as bigint) as raw_events,
    {{ events_with_status("used") }} as used_events,
    {{ events_with_status("duplicate") }} as duplicate_events,
    {{ events_with_status("over_limit") }} as over_limit_events,
    {{ events_with_status("unmapped") }} as unmapped_events,
    {{ events_with_status("quarantined") }} as quarantined_events
from all_rows
group by file, activity_date, source_event, event_type
