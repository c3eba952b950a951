-- One row per user, event type and day, from used events only; event type '*' is any
-- event. Incremental and exact: days touched by new, changed or removed files are
-- computed again, however late they are.
-- Most users have one session a day, which the least and the greatest hash of a session
-- tell at no cost: count(distinct) for all takes longer than the rest. Events are read
-- twice, since a CTE that is used twice would be kept in memory, all of it.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("int_events_used") }}),

events_of_sessions as (select * from {{ ref("int_events_used") }}),

by_event_type as (
    select
        user_id,
        event_type,
        activity_date,
        count(*) as events,
        sum(cast(coalesce(duration_seconds, 0) / 60 as decimal(18, 4))) as minutes,
        sum(cast(coalesce(amount, 0) as decimal(18, 4))) as amount,
        min(case when session_id is not null then hash(session_id) end)
            as least_session,
        max(case when session_id is not null then hash(session_id) end)
            as greatest_session
    from events
    where {{ is_of_touched_day(ref("int_event_file_days")) }}
    group by user_id, event_type, activity_date
),

activity as (
    select * from by_event_type
    union all
    select
        user_id,
        '*' as event_type,
        activity_date,
        sum(events) as events,
        sum(minutes) as minutes,
        sum(amount) as amount,
        min(least_session) as least_session,
        max(greatest_session) as greatest_session
    from by_event_type
    where {{ is_feature_event("event_type") }}
    group by user_id, activity_date
),

days_with_sessions as (
    select
        user_id,
        activity_date
    from activity
    where least_session < greatest_session
    group by user_id, activity_date
),

sessions as (
    select
        events_of_sessions.user_id,
        events_of_sessions.event_type,
        events_of_sessions.activity_date,
        events_of_sessions.session_id
    from events_of_sessions
    inner join days_with_sessions
        on events_of_sessions.user_id = days_with_sessions.user_id
        and events_of_sessions.activity_date = days_with_sessions.activity_date
    where {{ is_of_touched_day(ref("int_event_file_days"), "events_of_sessions") }}
),

sessions_counted as (
    select
        user_id,
        event_type,
        activity_date,
        count(distinct session_id) as sessions
    from sessions
    group by user_id, event_type, activity_date
    union all
    select
        user_id,
        '*' as event_type,
        activity_date,
        count(distinct session_id) as sessions
    from sessions
    where {{ is_feature_event("event_type") }}
    group by user_id, activity_date
)

select
    activity.user_id,
    activity.event_type,
    activity.activity_date,
    cast(activity.events as integer) as events,
    cast(
        coalesce(
            sessions_counted.sessions,
            case when activity.least_session is null then 0 else 1 end
        ) as integer
    ) as sessions,
    cast(activity.minutes as decimal(18, 4)) as minutes,
    cast(activity.amount as decimal(28, 4)) as amount
from activity
left join sessions_counted
    on activity.user_id = sessions_counted.user_id
    and activity.event_type = sessions_counted.event_type
    and activity.activity_date = sessions_counted.activity_date
