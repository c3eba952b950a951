-- One row per event file, day and source event: what became of every row. Rows that
-- cannot be used have no day; files without a row, or that cannot be read, have one
-- line. raw = used + duplicate + unmapped + quarantined, always.
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

events as (select * from {{ ref("int_event_statuses") }}),

quarantined_events as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

file_days as (select * from {{ ref("int_event_file_days") }}),

usable as (
    select
        file,
        activity_date,
        source_event,
        event_type,
        count(*) as raw_events,
        count(*) filter (where status = 'used') as used_events,
        count(*) filter (where status = 'duplicate') as duplicate_events,
        count(*) filter (where status = 'unmapped') as unmapped_events
    from events
    where {{ is_of_touched_day(ref("int_event_file_days")) }}
    group by file, activity_date, source_event, event_type
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
)

select
    file,
    cast(activity_date as date) as activity_date,
    cast(source_event as varchar) as source_event,
    cast(event_type as varchar) as event_type,
    raw_events,
    used_events,
    duplicate_events,
    unmapped_events,
    0 as quarantined_events
from usable
union all
select
    file,
    null as activity_date,
    null as source_event,
    null as event_type,
    events as raw_events,
    0 as used_events,
    0 as duplicate_events,
    0 as unmapped_events,
    events as quarantined_events
from without_day
