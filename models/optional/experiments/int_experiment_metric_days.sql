-- One row per experiment, metric that is no ratio, assigned person of known outcome, event
-- type and day: what counts of it, after the assignment and in the look-back before.
{{ config(materialized="view") }}

{%- set first_past_date = add_days("persons.assigned_date", 1 - var("look_back_days")) %}
with

persons as (select * from {{ ref("int_experiment_persons") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

activity as (select * from {{ ref("int_activity_today") }}),

event_types as (select * from {{ ref("event_types") }}),

limits as ({{ event_type_numbers("event_types") }})

select
    persons.experiment,
    metrics.metric,
    persons.slot_number,
    activity.event_type,
    activity.activity_date,
    activity.activity_date > persons.assigned_date as is_after,
    case metrics.kind
        when 'amount' then sum(activity.amount)
        else least(sum(activity.events), max(limits.max_per_day))
    end as value
from persons
inner join metrics
    on persons.experiment = metrics.experiment
    and metrics.kind <> 'ratio'
inner join limits
    on limits.event_type <> '*'
    and (
        metrics.event_types = '*'
        or list_contains(string_split(metrics.event_types, '|'), limits.event_type)
    )
inner join activity
    on persons.person_id = activity.person_id
    and limits.event_type = activity.event_type
    and activity.activity_date between {{ first_past_date }} and persons.matured_date
where persons.is_matured and persons.is_analysed
group by
    persons.experiment, metrics.metric, metrics.kind, persons.slot_number,
    persons.assigned_date, activity.event_type, activity.activity_date
