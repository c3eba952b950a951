-- One row per event file, day, event name and reason for quarantine, with the number of
-- rows. Whatever counts rows reads them here, and not in the files
-- again. Rows that cannot be used are counted by file and reason only.
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

touched_rows as (
    select
        file,
        quarantine_reason,
        case when quarantine_reason is null then activity_date end as activity_date,
        case when quarantine_reason is null then source_event end as source_event
    from events
    where {{ is_touched(ref("stg_event_files"), "file") }}
)

select
    file,
    activity_date,
    source_event,
    quarantine_reason,
    count(*) as event_rows
from touched_rows
group by file, activity_date, source_event, quarantine_reason
