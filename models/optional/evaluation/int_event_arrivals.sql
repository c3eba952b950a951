-- One row per day of activity and day of arrival: how many used events came then. It
-- says what could not have been known on a day in the past. Events of which the source
-- does not say when it received them are not in it.
with

event_counts as (select * from {{ ref("stg_event_counts") }}),

duplicates as (select * from {{ ref("int_duplicate_events") }}),

machines as (select * from {{ ref("int_machine_events") }}),

event_types as (select * from {{ ref("event_types") }}),

arrivals as (
    select
        event_counts.activity_date,
        event_counts.received_date,
        event_counts.event_rows as events
    from event_counts
    inner join event_types
        on event_counts.source_event = event_types.source_event
    where event_counts.received_date is not null
    union all
    select
        activity_date,
        received_date,
        -1 as events
    from duplicates
    where received_date is not null
    union all
    select
        activity_date,
        received_date,
        -1 as events
    from machines
    where received_date is not null
)

select
    activity_date,
    received_date,
    cast(sum(events) as bigint) as events
from arrivals
group by activity_date, received_date
having sum(events) > 0
