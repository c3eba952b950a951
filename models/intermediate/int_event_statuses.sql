-- One row per usable event row and what becomes of it: used, a further copy, over the
-- limit of its day, or unmapped.
{{ config(materialized="view") }}

with

events as (select * from {{ ref("stg_events") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

crowded_days as (select * from {{ ref("int_crowded_days") }})

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
        when
            events.occurred_at > crowded_days.last_used_at
            or (
                events.occurred_at = crowded_days.last_used_at
                and (
                    events.event_id > crowded_days.last_used_id
                    or (
                        events.event_id = crowded_days.last_used_id
                        and events.source_event > crowded_days.last_used_event
                    )
                )
            )
            then 'over_limit'
        else 'used'
    end as status
from events
left join duplicates
    on events.file = duplicates.file
    and events.file_row = duplicates.file_row
left join crowded_days
    on events.user_id = crowded_days.user_id
    and events.event_type = crowded_days.event_type
    and events.activity_date = crowded_days.activity_date
