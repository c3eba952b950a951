-- One row per usable event row, its event name mapped to an event type. event_type is
-- NULL for names that the control panel does not list. Rows that cannot be used are
-- looked up rather than judged again, which would read three columns more each time.
{{ config(materialized="view") }}

with

events as (select * from {{ ref("base_events") }}),

quarantined as (select * from {{ ref("stg_events_quarantined") }}),

event_types as (select * from {{ ref("event_types") }})

select
    events.event_id,
    events.id_hash,
    events.user_id,
    events.is_named,
    events.anonymous_id,
    events.has_both_ids,
    events.occurred_at,
    events.activity_date,
    event_types.event_type,
    events.source_event,
    events.received_at,
    events.received_date,
    events.session_id,
    events.page_path,
    events.duration_seconds,
    events.amount,
    events.channel,
    events.device,
    events.country,
    events.user_agent,
    events.file,
    events.file_row
from events
left join event_types
    on events.source_event = event_types.source_event
left join quarantined
    on events.file = quarantined.file
    and events.file_row = quarantined.file_row
where quarantined.file is null
