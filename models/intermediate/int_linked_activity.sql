-- What several ids of a person did, as if one, by event type and day, on days when no
-- one id did all of it; by the last as-of date on which the person has these ids.
with

linked_days as (select * from {{ ref("int_linked_days") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

copies as (select * from {{ ref("int_linked_copies") }}),

sessions as (select * from {{ ref("int_linked_sessions") }}),

limits as ({{ event_type_numbers(ref("event_types")) }}),

days as (
    select
        linked_days.person_id as user_id,
        linked_days.as_of_date,
        activity.event_type,
        activity.activity_date,
        activity.event_type <> '*' and {{ is_feature_event("activity.event_type") }}
            as is_counted,
        least(
            sum(activity.events + coalesce(activity.events_over_limit, 0))
            - coalesce(sum(copies.events), 0),
            max(limits.max_per_day)
        ) as events,
        sum(activity.sessions) as sessions,
        sum(activity.continued_sessions) as continued_sessions,
        sum(activity.seconds - coalesce(copies.seconds, 0)) as seconds,
        sum(activity.amount - coalesce(copies.amount, 0)) as amount
    from linked_days
    inner join activity
        on linked_days.user_id = activity.user_id
        and linked_days.activity_date = activity.activity_date
        and {{ is_known("activity", "linked_days.known_by_date") }}
    left join limits
        on activity.event_type = limits.event_type
    left join copies
        on linked_days.user_id = copies.user_id
        and linked_days.as_of_date = copies.as_of_date
        and activity.activity_date = copies.activity_date
        and activity.event_type = copies.event_type
    group by
        linked_days.person_id, linked_days.as_of_date,
        activity.activity_date, activity.event_type
),

with_other_rows as (
    select
        *,
        sum(case when is_counted then events end) over in_day as any_events,
        sum(case when is_counted then seconds end) over in_day as any_seconds,
        sum(case when is_counted then amount end) over in_day as any_amount
    from days
    window in_day as (partition by user_id, as_of_date, activity_date)
)

select
    days.user_id,
    days.as_of_date,
    days.event_type,
    days.activity_date,
    cast(if(days.event_type = '*', days.any_events, days.events) as integer) as events,
    cast(days.sessions - coalesce(sessions.repeats, 0) as integer) as sessions,
    cast(
        days.continued_sessions - coalesce(sessions.continued_repeats, 0) as integer
    ) as continued_sessions,
    cast(
        if(days.event_type = '*', days.any_seconds, days.seconds) as decimal(28, 4)
    ) as seconds,
    cast(
        if(days.event_type = '*', days.any_amount, days.amount) as decimal(28, 4)
    ) as amount
from with_other_rows as days
left join sessions
    on days.user_id = sessions.user_id
    and days.as_of_date = sessions.as_of_date
    and days.event_type = sessions.event_type
    and days.activity_date = sessions.activity_date
