{{
    config(
        severity="warn",
        alias="events_beyond_the_data",
        schema="internal",
        store_failures_as="view",
    )
}}

-- Events of days that the data has not reached, which a wrong clock has written, or
-- which came before the rest. They count when the data reaches their day.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

activity_bounds as (select * from {{ ref("int_activity_bounds") }})

select
    activity.user_id,
    activity.activity_date,
    activity.event_type,
    activity.events,
    activity_bounds.last_activity_date as data_reach_to_date
from activity
cross join activity_bounds
where
    activity.activity_date > activity_bounds.last_activity_date
    and activity.event_type <> '*'
