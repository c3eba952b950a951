-- One row per id, event type and day, with the person whose it is by all that is known
-- today: for outcomes, which may know what came later. Not for features. Events are
-- before the daily limit; those that another id of the person has, too, count there.
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_user_daily_activity") }}),

persons as (select * from {{ ref("int_persons_today") }}),

copies as (select * from {{ ref("int_linked_copies") }})

select
    coalesce(persons.person_id, activity.user_id) as person_id,
    activity.user_id,
    activity.event_type,
    activity.activity_date,
    activity.events + coalesce(activity.events_over_limit, 0)
    - coalesce(copies.events, 0) as events,
    activity.amount - coalesce(copies.amount, 0) as amount
from activity
left join persons
    on activity.user_id = persons.user_id
left join copies
    on activity.user_id = copies.user_id
    and activity.activity_date = copies.activity_date
    and activity.event_type = copies.event_type
    and copies.is_scoring_date
where {{ is_known("activity") }}
