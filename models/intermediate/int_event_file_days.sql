-- One row per event file and day on which it has events, usable or not: what the
-- incremental models compare to find the days that new, changed or removed files touch.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('stg_event_files'), 'file') }}",
        post_hook="{{ remember_loaded(ref('stg_event_files')) }}",
    )
}}

with

events as (select * from {{ ref("base_events") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

file_days as (
    select
        file,
        activity_date,
        count(*) as event_rows
    from events
    where
        activity_date is not null
        and {{ is_touched(ref("stg_event_files"), "file") }}
    group by file, activity_date
)

select
    event_files.file,
    event_files.size_bytes,
    event_files.modified_at,
    event_files.mapping_version,
    file_days.activity_date,
    file_days.event_rows
from file_days
inner join event_files
    on file_days.file = event_files.file
