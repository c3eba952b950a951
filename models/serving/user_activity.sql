{{
    config(
        materialized="view",
        meta={"published_order": "user_id, activity_date, event_type"},
    )
}}

-- One row per user, day of the look-back and event type: what a user did lately, for
-- the timeline of the results page.
with

activity as (select * from {{ ref("int_person_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }})

select
    activity.user_id,
    activity.activity_date,
    activity.event_type,
    activity.events
from as_of_dates
inner join activity
    on as_of_dates.as_of_date = activity.as_of_date
    and {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
where as_of_dates.is_scoring_date and activity.event_type <> '*'
