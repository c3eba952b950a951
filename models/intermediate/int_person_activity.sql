-- One row per person, as-of date, event type and day up to it: what the person did,
-- under any id known by then to be theirs, as far as it was known by then. Of who has
-- several ids, in the look-back.
{{ config(materialized="view") }}

with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

members as (select * from {{ ref("int_person_ids") }}),

linked_days as (select * from {{ ref("int_linked_days") }}),

linked_activity as (select * from {{ ref("int_linked_activity") }})

select
    as_of_dates.user_id,
    as_of_dates.as_of_date,
    activity.activity_date,
    activity.event_type,
    activity.events,
    activity.sessions,
    activity.continued_sessions,
    activity.seconds,
    activity.amount
from as_of_dates
inner join activity
    on as_of_dates.user_id = activity.user_id
    and as_of_dates.as_of_date >= activity.activity_date
    and {{ is_known("activity", "as_of_dates.known_by_date") }}
where not as_of_dates.has_several_ids
union all
select
    as_of_dates.user_id,
    as_of_dates.as_of_date,
    activity.activity_date,
    activity.event_type,
    activity.events,
    activity.sessions,
    activity.continued_sessions,
    activity.seconds,
    activity.amount
from as_of_dates
inner join members
    on as_of_dates.user_id = members.person_id
    and as_of_dates.as_of_date = members.as_of_date
inner join activity
    on members.user_id = activity.user_id
    and {{ in_look_back("activity.activity_date", "members.as_of_date") }}
    and {{ is_known("activity", "as_of_dates.known_by_date") }}
anti join linked_days
    on members.user_id = linked_days.user_id
    and members.same_ids_until_date = linked_days.as_of_date
    and activity.activity_date = linked_days.activity_date
where as_of_dates.has_several_ids
union all
select
    as_of_dates.user_id,
    as_of_dates.as_of_date,
    linked_activity.activity_date,
    linked_activity.event_type,
    linked_activity.events,
    linked_activity.sessions,
    linked_activity.continued_sessions,
    linked_activity.seconds,
    linked_activity.amount
from as_of_dates
inner join members
    on as_of_dates.user_id = members.user_id
    and as_of_dates.as_of_date = members.as_of_date
inner join linked_activity
    on members.person_id = linked_activity.user_id
    and members.same_ids_until_date = linked_activity.as_of_date
    and {{ in_look_back("linked_activity.activity_date", "members.as_of_date") }}
where as_of_dates.has_several_ids
