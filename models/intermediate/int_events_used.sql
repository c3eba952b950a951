-- One row per event row that counts: usable, of a known event type, no further copy,
-- and not more than count in a day.
{{ config(materialized="view") }}

with

events as (select * from {{ ref("stg_events") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

over_limit as (select * from {{ ref("int_events_over_limit") }}),

set_aside as (
    select * from duplicates
    union all
    select * from over_limit
)

select
    events.user_id,
    events.event_type,
    events.activity_date,
    events.occurred_at,
    events.received_at,
    events.session_id,
    events.duration_seconds,
    events.amount,
    events.file,
    events.file_row
from events
left join set_aside
    on events.file = set_aside.file
    and events.file_row = set_aside.file_row
where events.event_type is not null and set_aside.file is null
