-- Daily activity sums, for each day and event type, exactly the events that the ledger
-- calls used: no day is missing and none was added twice. '*' sums the feature types.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

ledger as (select * from {{ ref("int_event_ledger") }}),

used as (
    select
        event_type,
        activity_date,
        sum(used_events) as events
    from ledger
    where used_events > 0
    group by event_type, activity_date
),

used_with_any as (
    select * from used
    union all
    select
        '*' as event_type,
        activity_date,
        sum(events) as events
    from used
    where {{ is_feature_event("event_type") }}
    group by activity_date
),

summed as (
    select
        event_type,
        activity_date,
        sum(events) as events
    from activity
    group by event_type, activity_date
)

select
    coalesce(used_with_any.event_type, summed.event_type) as event_type,
    coalesce(used_with_any.activity_date, summed.activity_date) as activity_date,
    used_with_any.events as events_in_ledger,
    summed.events as events_in_activity
from used_with_any
full outer join summed
    on used_with_any.event_type = summed.event_type
    and used_with_any.activity_date = summed.activity_date
where used_with_any.events is distinct from summed.events
