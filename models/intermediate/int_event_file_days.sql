-- One row per event file and day of which it has usable events: what the incremental
-- models compare to find the days that new, changed or removed files touch.
with

event_counts as (select * from {{ ref("stg_event_counts") }}),

event_files as (select * from {{ ref("stg_event_files") }})

select
    event_files.file,
    event_files.size_bytes,
    event_files.modified_at,
    event_files.mapping_version,
    event_counts.activity_date,
    cast(sum(event_counts.event_rows) as bigint) as event_rows
from event_counts
inner join event_files
    on event_counts.file = event_files.file
where event_counts.activity_date is not null
group by
    event_files.file,
    event_files.size_bytes,
    event_files.modified_at,
    event_files.mapping_version,
    event_counts.activity_date
