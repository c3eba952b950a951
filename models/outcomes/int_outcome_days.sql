-- One row per person, day and event type that counts towards the outcome, by all that
-- is known today. The daily limit is the person's, under however many ids.
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_activity_today") }}),

event_types as (select * from {{ ref("event_types") }}),

limits as ({{ event_type_numbers("event_types") }})

select
    activity.person_id,
    activity.activity_date,
    activity.event_type,
    least(sum(activity.events), max(limits.max_per_day)) as events,
    sum(activity.amount) as amount
from activity
left join limits
    on activity.event_type = limits.event_type
where {{ counts_for_outcome("activity.event_type") }}
group by activity.person_id, activity.activity_date, activity.event_type
