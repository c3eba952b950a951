-- One row per user, event type and day, from used events only; event type '*' is any
-- event. Incremental and exact: days touched by new, changed or removed files are
-- computed again, however late they are.
--
-- Most users have one session a day, which the least and the greatest hash of a session
-- tell at no cost; count(distinct) over all events would take twice as long as the rest.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}
{%- set is_touched_day = is_touched(ref("int_event_file_days"), "activity_date") %}
with

by_event_type as (
    select
        user_id,
        event_type,
        activity_date,
        count(*) as events,
        sum(cast(coalesce(duration_seconds, 0) / 60 as decimal(18, 4))) as minutes,
        sum(cast(coalesce(amount, 0) as decimal(18, 4))) as amount,
        min(hash(session_id)) filter (where session_id is not null) as least_session,
        max(hash(session_id)) filter (where session_id is not null) as greatest_session
    from {{ ref("int_events_used") }}
    where {{ is_touched_day }}
    group by user_id, event_type, activity_date
),

any_event_type as (
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

activity as (
    select * from by_event_type
    union all
    select * from any_event_type
),

-- The few days on which a user had more than one session.
days_of_sessions as (
    select
        user_id,
        activity_date
    from activity
    where least_session < greatest_session
    group by user_id, activity_date
),

sessions as (
    select
        events.user_id,
        events.event_type,
        events.activity_date,
        events.session_id
    from {{ ref("int_events_used") }} as events
    inner join days_of_sessions
        on events.user_id = days_of_sessions.user_id
        and events.activity_date = days_of_sessions.activity_date
    group by
        events.user_id, events.event_type, events.activity_date, events.session_id
),

sessions_counted as (
    select
        user_id,
        event_type,
        activity_date,
        count(session_id) as sessions
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
