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

duplicates as (select * from {{ ref("int_duplicate_events") }}),

over_limit as (select * from {{ ref("int_events_over_limit") }}),

quarantined_events as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

file_days as (select * from {{ ref("int_event_file_days") }}),

usable as (
    select
        file,
        activity_date,
        source_event,
        event_type,
        count(*) as events
    from events
    where {{ is_of_touched_day(ref("int_event_file_days")) }}
    group by file, activity_date, source_event, event_type
),

set_aside as (
    select
        *,
        true as is_duplicate
    from duplicates
    union all
    select
        *,
        false as is_duplicate
    from over_limit
),

set_aside_counted as (
    select
        file,
        activity_date,
        source_event,
        count(*) filter (where is_duplicate) as duplicates,
        count(*) filter (where not is_duplicate) as over_limit
    from set_aside
    group by file, activity_date, source_event
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
    usable.file,
    cast(usable.activity_date as date) as activity_date,
    cast(usable.source_event as varchar) as source_event,
    cast(usable.event_type as varchar) as event_type,
    usable.events as raw_events,
    case
        when usable.event_type is null then 0
        else
            usable.events
            - coalesce(set_aside_counted.duplicates, 0)
            - coalesce(set_aside_counted.over_limit, 0)
    end as used_events,
    coalesce(set_aside_counted.duplicates, 0) as duplicate_events,
    coalesce(set_aside_counted.over_limit, 0) as over_limit_events,
    case when usable.event_type is null then usable.events else 0 end
        as unmapped_events,
    0 as quarantined_events
from usable
left join set_aside_counted
    on usable.file = set_aside_counted.file
    and usable.activity_date = set_aside_counted.activity_date
    and usable.source_event = set_aside_counted.source_event
union all
select
    file,
    null as activity_date,
    null as source_event,
    null as event_type,
    events as raw_events,
    0 as used_events,
    0 as duplicate_events,
    0 as over_limit_events,
    0 as unmapped_events,
    events as quarantined_events
from without_day
