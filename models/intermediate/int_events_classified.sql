-- One row per usable event row, with what becomes of it:
-- unmapped    its event name is not in the control panel
-- duplicate   its event id was already there on the same day
-- over_limit  more of its event type than count in a day; the earliest count
-- used        everything else
-- Which copy or which events count depends on their content only, never on the order
-- in which they came; the file decides between copies that are the same.
{{ config(materialized="view") }}

with

events as (select * from {{ ref("stg_events") }}),

copies_numbered as (
    select
        *,
        row_number() over (
            partition by activity_date, event_type is null, event_id
            order by
                occurred_at, user_id, source_event, received_at nulls last,
                duration_seconds nulls last, amount nulls last,
                session_id nulls last, file, file_row
        ) as copy_number
    from events
),

days_numbered as (
    select
        *,
        row_number() over (
            partition by activity_date, user_id, event_type, copy_number = 1
            order by occurred_at, event_id
        ) as number_in_day
    from copies_numbered
)

select
    event_id,
    user_id,
    occurred_at,
    activity_date,
    event_type,
    source_event,
    received_at,
    session_id,
    page_path,
    duration_seconds,
    amount,
    channel,
    device,
    country,
    file,
    file_row,
    case
        when event_type is null then 'unmapped'
        when copy_number > 1 then 'duplicate'
        when number_in_day > max_per_day then 'over_limit'
        else 'used'
    end as event_status
from days_numbered
