{{
    config(
        materialized="view",
        meta={"published_order": "user_id, activity_date, event_type"},
    )
}}

-- One row per user, day of the look-back and event type: what a user did lately, for
-- the timeline of the results page, and on each row since when the user is known.
with

activity as (select * from {{ ref("int_person_activity") }}),

activity_of_ids as (select * from {{ ref("int_user_daily_activity") }}),

links as (select * from {{ ref("int_persons_today") }}),

customers as (select * from {{ ref("int_customers") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

first_days as (
    select
        coalesce(links.person_id, activity_of_ids.user_id) as user_id,
        min(activity_of_ids.activity_date) as first_seen_date
    from as_of_dates
    inner join activity_of_ids
        on as_of_dates.as_of_date >= activity_of_ids.activity_date
        and {{ is_known("activity_of_ids", "as_of_dates.known_by_date") }}
    left join links
        on activity_of_ids.user_id = links.user_id
    where
        as_of_dates.is_scoring_date
        and (
            activity_of_ids.event_type = '*'
            or {{ is_outcome("activity_of_ids.event_type") }}
        )
    group by coalesce(links.person_id, activity_of_ids.user_id)
)

select
    activity.user_id,
    activity.activity_date,
    activity.event_type,
    activity.events,
    first_days.first_seen_date,
    customers.customer_since_date
from as_of_dates
inner join activity
    on as_of_dates.as_of_date = activity.as_of_date
    and {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
left join first_days
    on activity.user_id = first_days.user_id
left join customers
    on as_of_dates.as_of_date = customers.as_of_date
    and activity.user_id = customers.user_id
where as_of_dates.is_scoring_date and activity.event_type <> '*'
