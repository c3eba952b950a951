-- One row per as-of date and person who had the one-time outcome by then, under any id
-- that was known to be theirs; empty where the outcome is repeatable.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }})

select
    coalesce(links.person_id, activity.user_id) as user_id,
    as_of_dates.as_of_date,
    min(activity.activity_date) as customer_since_date
from as_of_dates
inner join activity
    on as_of_dates.as_of_date >= activity.activity_date
left join links
    on as_of_dates.as_of_date = links.as_of_date
    and activity.user_id = links.user_id
where
    activity.event_type = '{{ var("outcome_event_type") }}'
    and {{ "not true" if var("outcome_is_repeatable") else "true" }}
group by coalesce(links.person_id, activity.user_id), as_of_dates.as_of_date
