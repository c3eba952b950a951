-- One row per user, event type and day, from used events only; event type '*' is any
-- event. Incremental and exact: days touched by new, changed or removed files are
-- computed again, however late they are.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("int_events_classified") }}),

used_events as (
    select
        user_id,
        event_type,
        activity_date,
        occurred_at,
        session_id,
        cast(coalesce(duration_seconds, 0) / 60 as decimal(18, 4)) as minutes,
        cast(coalesce(amount, 0) as decimal(18, 4)) as amount,
        {{ is_feature_event("event_type") }} as is_feature_event
    from events
    where
        event_status = 'used'
        and {{ is_touched(ref("int_event_file_days"), "activity_date") }}
),

by_event_type as (
    select
        user_id,
        event_type,
        activity_date,
        count(*) as events,
        count(distinct session_id) as sessions,
        sum(minutes) as minutes,
        sum(amount) as amount,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at
    from used_events
    group by user_id, event_type, activity_date
),

any_event_type as (
    select
        user_id,
        '*' as event_type,
        activity_date,
        count(*) as events,
        count(distinct session_id) as sessions,
        sum(minutes) as minutes,
        sum(amount) as amount,
        min(occurred_at) as first_occurred_at,
        max(occurred_at) as last_occurred_at
    from used_events
    where is_feature_event
    group by user_id, activity_date
),

activity as (
    select * from by_event_type
    union all
    select * from any_event_type
)

select
    user_id,
    event_type,
    activity_date,
    cast(events as integer) as events,
    cast(sessions as integer) as sessions,
    cast(minutes as decimal(18, 4)) as minutes,
    cast(amount as decimal(28, 4)) as amount,
    first_occurred_at,
    last_occurred_at
from activity
