-- One row per id, event type and day, with the person whose it is by all that is known
-- today: for outcomes, which may know what came later. Not for features.
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_user_daily_activity") }}),

persons as (select * from {{ ref("int_persons_today") }})

select
    coalesce(persons.person_id, activity.user_id) as person_id,
    activity.user_id,
    activity.event_type,
    activity.activity_date,
    activity.events
from activity
left join persons
    on activity.user_id = persons.user_id
