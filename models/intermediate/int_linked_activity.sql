-- One row per person with several ids, as-of date, event type and day of the look-back:
-- what the ids did, as if they were one. A session that several had is one; the daily
-- limit is the person's; '*' has the events of the types that count.
with

members as (select * from {{ ref("int_person_ids") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

event_types as (select * from {{ ref("event_types") }}),

limits as (
    select
        event_type,
        max(max_per_day) as max_per_day
    from event_types
    group by event_type
),

days as (
    select
        members.person_id as user_id,
        members.as_of_date,
        activity.event_type,
        activity.activity_date,
        least(sum(activity.events), max(limits.max_per_day)) as events,
        sum(activity.sessions) as sessions,
        sum(activity.continued_sessions) as continued_sessions,
        flatten(list(activity.shared_sessions)) as shared_sessions,
        flatten(list(activity.shared_continued_sessions)) as shared_continued,
        sum(activity.seconds) as seconds,
        sum(activity.amount) as amount
    from members
    inner join activity
        on members.user_id = activity.user_id
        and {{ in_look_back("activity.activity_date", "members.as_of_date") }}
    left join limits
        on activity.event_type = limits.event_type
    group by
        members.person_id, members.as_of_date, activity.event_type,
        activity.activity_date
),

with_the_day_before as (
    select
        *,
        case
            when lag(activity_date) over in_order = {{ add_days("activity_date", -1) }}
                then lag(shared_sessions) over in_order
        end as sessions_before,
        sum(events) filter (
            where event_type <> '*' and {{ is_feature_event("event_type") }}
        ) over (partition by user_id, as_of_date, activity_date) as events_of_any_type
    from days
    window in_order as (
        partition by user_id, as_of_date, event_type order by activity_date
    )
)

select
    user_id,
    as_of_date,
    event_type,
    activity_date,
    cast(if(event_type = '*', events_of_any_type, events) as integer) as events,
    cast(sessions - len(shared_sessions) + list_unique(shared_sessions) as integer)
        as sessions,
    cast(
        continued_sessions - len(shared_continued) + list_unique(
            list_concat(
                shared_continued, list_intersect(shared_sessions, sessions_before)
            )
        ) as integer
    ) as continued_sessions,
    cast(seconds as decimal(28, 4)) as seconds,
    cast(amount as decimal(28, 4)) as amount
from with_the_day_before
