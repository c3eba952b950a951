-- Daily activity has the days and event types of the events that the ledger calls
-- used, and sums exactly those events, or, where a daily limit bounds what counts, no
-- more: no day is missing and none was added twice. '*' sums the feature types.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

ledger as (select * from {{ ref("int_event_ledger") }}),

event_types as (select * from {{ ref("event_types") }}),

limited_types as (
    select event_type
    from event_types
    where max_per_day is not null
    group by event_type
),

used as (
    select
        event_type,
        activity_date,
        sum(used_events) as events
    from ledger
    where used_events > 0
    group by event_type, activity_date
),

summed as (
    select
        activity.event_type,
        activity.activity_date,
        sum(activity.events) as events
    from activity
    where {{ is_known("activity") }}
    group by activity.event_type, activity.activity_date
),

of_any_type as (
    select
        activity_date,
        sum(events) as events
    from summed
    where event_type <> '*' and {{ is_feature_event("event_type") }}
    group by activity_date
),

expected as (
    select
        used.event_type,
        used.activity_date,
        used.events,
        limited_types.event_type is not null as has_limit
    from used
    left join limited_types
        on used.event_type = limited_types.event_type
    union all
    select
        '*' as event_type,
        activity_date,
        events,
        false as has_limit
    from of_any_type
)

select
    coalesce(expected.event_type, summed.event_type) as event_type,
    coalesce(expected.activity_date, summed.activity_date) as activity_date,
    expected.events as expected_events,
    summed.events as summed_events
from expected
full outer join summed
    on expected.event_type = summed.event_type
    and expected.activity_date = summed.activity_date
where
    expected.events is null
    or summed.events is null
    or summed.events > expected.events
    or (summed.events < expected.events and not expected.has_limit)
