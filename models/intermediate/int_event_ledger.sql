-- One row per event file, day and source event: what became of every row. Rows that
-- cannot be used have no day; files without a row, or that cannot be read, have one
-- line. raw = used + duplicate + machine + unmapped + quarantined, always.
with

event_counts as (select * from {{ ref("stg_event_counts") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

machines as (select * from {{ ref("int_machine_events") }}),

event_types as (select * from {{ ref("event_types") }}),

{% for rows_left_out in ["duplicates", "machines"] %}
    {{ rows_left_out }}_by_line as (
        select
            file,
            activity_date,
            source_event,
            count(*) as events
        from {{ rows_left_out }}
        group by file, activity_date, source_event
    ),

{% endfor %}
lines as (
    select
        file,
        activity_date,
        source_event,
        cast(sum(event_rows) as bigint) as raw_events,
        cast(
            sum(if(quarantine_reason is null, 0, event_rows)) as bigint
        ) as quarantined_events
    from event_counts
    group by file, activity_date, source_event
    union all
    select
        event_files.file,
        null as activity_date,
        null as source_event,
        if(event_files.is_readable, 0, coalesce(event_files.row_count, 0))
            as raw_events,
        raw_events as quarantined_events
    from event_files
    left join event_counts
        on event_files.file = event_counts.file
    where event_counts.file is null
)

select
    lines.file,
    lines.activity_date,
    lines.source_event,
    event_types.event_type,
    lines.raw_events,
    case
        when event_types.event_type is null then 0
        else
            lines.raw_events - coalesce(duplicates_by_line.events, 0)
            - coalesce(machines_by_line.events, 0)
    end as used_events,
    coalesce(duplicates_by_line.events, 0) as duplicate_events,
    coalesce(machines_by_line.events, 0) as machine_events,
    if(event_types.event_type is null, lines.raw_events - lines.quarantined_events, 0)
        as unmapped_events,
    lines.quarantined_events
from lines
left join event_types
    on lines.source_event = event_types.source_event
left join duplicates_by_line
    on lines.file = duplicates_by_line.file
    and lines.activity_date = duplicates_by_line.activity_date
    and lines.source_event = duplicates_by_line.source_event
left join machines_by_line
    on lines.file = machines_by_line.file
    and lines.activity_date = machines_by_line.activity_date
    and lines.source_event = machines_by_line.source_event
