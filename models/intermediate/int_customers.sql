-- One row per as-of date and person who had the one-time outcome by then, under any id
-- that was known to be theirs; empty where the outcome is repeatable. An outcome of
-- several events, or of an amount, is had on the day that completes it.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

copies as (select * from {{ ref("int_linked_copies") }}),

event_types as (select * from {{ ref("event_types") }}),

limits as ({{ event_type_numbers("event_types") }}),

days_by_type as (
    select
        coalesce(links.person_id, activity.user_id) as user_id,
        as_of_dates.as_of_date,
        activity.activity_date,
        least(
            sum(activity.events + coalesce(activity.events_over_limit, 0))
            - coalesce(sum(copies.events), 0),
            max(limits.max_per_day)
        ) as events,
        sum(activity.amount - coalesce(copies.amount, 0)) as amount
    from as_of_dates
    inner join activity
        on as_of_dates.as_of_date >= activity.activity_date
        and {{ is_known("activity", "as_of_dates.known_by_date") }}
    left join limits
        on activity.event_type = limits.event_type
    left join links
        on as_of_dates.as_of_date = links.as_of_date
        and activity.user_id = links.user_id
    left join copies
        on as_of_dates.as_of_date = copies.as_of_date
        and activity.user_id = copies.user_id
        and activity.activity_date = copies.activity_date
        and activity.event_type = copies.event_type
    where
        {{ counts_for_outcome("activity.event_type") }}
        and {{ "not true" if var("outcome_is_repeatable") else "true" }}
    group by
        coalesce(links.person_id, activity.user_id), as_of_dates.as_of_date,
        activity.activity_date, activity.event_type
),

-- A range ends with its day, all its types included.
days_so_far as (
    select
        user_id,
        as_of_date,
        activity_date,
        sum(events) over so_far as events,
        sum(amount) over so_far as amount
    from days_by_type
    window so_far as (partition by user_id, as_of_date order by activity_date)
)

select
    user_id,
    as_of_date,
    min(activity_date) as customer_since_date
from days_so_far
where {{ is_enough("events", "amount") }}
group by user_id, as_of_date
