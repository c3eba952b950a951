-- One row per person, as-of date, event type and day up to it: what the person did,
-- under any id known by then to be theirs, as far as it was known by then. Of who has
-- several ids, in the look-back.
{{ config(materialized="view") }}
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

members as (select * from {{ ref("int_person_ids") }}),

linked_days as (select * from {{ ref("int_linked_days") }}),

linked_activity as (select * from {{ ref("int_linked_activity") }}),

-- As lists: to leave rows out by rows, DuckDB would keep all days of all ids in memory.
summed_days as (
    select
        user_id,
        as_of_date,
        array_agg(activity_date) as dates
    from linked_days
    group by user_id, as_of_date
),

ids as (
    select
        as_of_dates.*,
        coalesce(members.user_id, as_of_dates.user_id) as own_or_linked_id,
        members.same_ids_until_date,
        summed_days.dates as summed_dates
    from as_of_dates
    left join members
        on as_of_dates.has_several_ids
        and as_of_dates.user_id = members.person_id
        and as_of_dates.as_of_date = members.as_of_date
    left join summed_days
        on members.user_id = summed_days.user_id
        and members.same_ids_until_date = summed_days.as_of_date
)

select
    ids.user_id,
    ids.as_of_date,
    activity.activity_date,
    activity.event_type,
    activity.events,
    activity.sessions,
    activity.continued_sessions,
    activity.seconds,
    activity.amount
from ids
inner join activity
    on ids.own_or_linked_id = activity.user_id
    and ids.as_of_date >= activity.activity_date
    and {{ is_known("activity", "ids.known_by_date") }}
where
    (
        not ids.has_several_ids
        or {{ in_look_back("activity.activity_date", "ids.as_of_date") }}
    )
    and not coalesce(array_contains(ids.summed_dates, activity.activity_date), false)
union all
select
    ids.user_id,
    ids.as_of_date,
    linked_activity.activity_date,
    linked_activity.event_type,
    linked_activity.events,
    linked_activity.sessions,
    linked_activity.continued_sessions,
    linked_activity.seconds,
    linked_activity.amount
from ids
inner join linked_activity
    on ids.user_id = linked_activity.user_id
    and ids.same_ids_until_date = linked_activity.as_of_date
    and {{ in_look_back("linked_activity.activity_date", "ids.as_of_date") }}
where ids.own_or_linked_id = ids.user_id
