-- One row per event file, day and source event: what became of every row. Rows that
-- cannot be used have no day; files without a row, or that cannot be read, have one
-- line. raw = used + duplicate + unmapped + quarantined, always.
with

event_counts as (select * from {{ ref("stg_event_counts") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

event_types as (select * from {{ ref("event_types") }}),

copies as (
    select
        file,
        activity_date,
        source_event,
        count(*) as events
    from duplicates
    group by file, activity_date, source_event
),

unreadable_or_empty as (
    select
        event_files.file,
        case when not event_files.is_readable then event_files.row_count end as events
    from event_files
    left join event_counts
        on event_files.file = event_counts.file
    where event_counts.file is null
),

lines as (
    select
        file,
        activity_date,
        source_event,
        sum(event_rows) as raw_events,
        sum(case when quarantine_reason is null then 0 else event_rows end)
            as quarantined_events
    from event_counts
    group by file, activity_date, source_event
    union all
    select
        file,
        null as activity_date,
        null as source_event,
        coalesce(events, 0) as raw_events,
        coalesce(events, 0) as quarantined_events
    from unreadable_or_empty
)

select
    lines.file,
    lines.activity_date,
    lines.source_event,
    event_types.event_type,
    cast(lines.raw_events as bigint) as raw_events,
    cast(
        case
            when event_types.event_type is null then 0
            else lines.raw_events - coalesce(copies.events, 0)
        end as bigint
    ) as used_events,
    coalesce(copies.events, 0) as duplicate_events,
    cast(
        case
            when event_types.event_type is not null then 0
            else lines.raw_events - lines.quarantined_events
        end as bigint
    ) as unmapped_events,
    cast(lines.quarantined_events as bigint) as quarantined_events
from lines
left join event_types
    on lines.source_event = event_types.source_event
left join copies
    on lines.file = copies.file
    and lines.activity_date = copies.activity_date
    and lines.source_event = copies.source_event
