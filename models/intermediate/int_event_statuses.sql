-- One row per usable event row and what becomes of it: used, a further copy, or
-- unmapped.
{{ config(materialized="view") }}

with

events as (select * from {{ ref("stg_events") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }})

select
    events.user_id,
    events.source_event,
    events.event_type,
    events.activity_date,
    events.received_at,
    events.session_id,
    events.duration_seconds,
    events.amount,
    events.file,
    case
        when events.event_type is null then 'unmapped'
        when duplicates.file is not null then 'duplicate'
        else 'used'
    end as status
from events
left join duplicates
    on events.file = duplicates.file
    and events.file_row = duplicates.file_row
