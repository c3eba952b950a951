-- One row per day with a used event: how many ids were active, and how many of them
-- never again. All are sums over ids: live scores put in those of ids with new events.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

used_days as (
    select
        activity.user_id,
        activity.activity_date,
        activity.event_type
    from activity
    where
        {{ is_known("activity") }}
        and (activity.event_type = '*' or {{ is_outcome("activity.event_type") }})
),

last_days as (
    select
        user_id,
        max(activity_date) as activity_date
    from used_days
    group by user_id
),

ids_by_last_day as (
    select
        activity_date,
        count(*) as ids
    from last_days
    group by activity_date
),

ids_by_day as (
    select
        activity_date,
        count(*) as entries,
        count(*) filter (where event_type = '*') as ids
    from used_days
    group by activity_date
)

select
    ids_by_day.activity_date,
    ids_by_day.entries,
    ids_by_day.ids,
    coalesce(ids_by_last_day.ids, 0) as ids_last_seen
from ids_by_day
left join ids_by_last_day on ids_by_day.activity_date = ids_by_last_day.activity_date
