{{ config(schema="main", meta={"published_order": "user_id, contact_date"}) }}

-- One row per person and day from which on somebody acted on the person: by an event of
-- contact_event_types, on that day, or by an arm of an experiment other than the
-- control as recorded, on the day after the assignment.
{%- set columns = {
    "user_id": "varchar", "is_control": "boolean", "assigned_date": "date"
} %}
with

activity as (select * from {{ ref("int_activity_today") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

assigned as ({{ recorded("assignments", columns) }})

select
    person_id as user_id,
    activity_date as contact_date
from activity
where event_type in ({{ sql_values(contact_types()) }})
union
select
    coalesce(persons_today.person_id, assigned.user_id) as user_id,
    {{ add_days("assigned.assigned_date", 1) }} as contact_date
from assigned
left join persons_today
    on assigned.user_id = persons_today.user_id
where not assigned.is_control and assigned.user_id is not null
