-- One row per experiment, metric that is no ratio, assigned person of known outcome,
-- event type and day: what counts of it, after the assignment and in the days before.
{{ config(materialized="view") }}

{%- set days_before = 1 - whole_var("look_back_days") %}
{%- set first_past_date = add_days("persons.assigned_date", days_before) %}
with

persons as (select * from {{ ref("int_experiment_persons") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

activity as (select * from {{ ref("int_activity_today") }}),

event_types as (select * from {{ ref("event_types") }}),

limits as ({{ event_type_numbers("event_types") }}),

named_types as (
    select
        experiment,
        metric,
        kind,
        unnest(string_split(event_types, '|')) as event_type
    from metrics
    where kind <> 'ratio'
),

metric_types as (
    select
        named_types.* replace (limits.event_type as event_type),
        limits.type_number,
        limits.max_per_day
    from named_types
    inner join limits
        on named_types.event_type = limits.event_type
        and limits.event_type <> '*'
    union all
    select
        named_types.* replace (limits.event_type as event_type),
        limits.type_number,
        limits.max_per_day
    from named_types
    inner join limits
        on named_types.event_type = '*'
        and limits.event_type <> '*'
)

select
    persons.experiment,
    metric_types.metric,
    persons.slot_number,
    metric_types.type_number,
    activity.activity_date,
    activity.activity_date > persons.assigned_date as is_after,
    case metric_types.kind
        when 'amount' then sum(activity.amount)
        else least(sum(activity.events), max(metric_types.max_per_day))
    end as value
from persons
inner join metric_types
    on persons.experiment = metric_types.experiment
inner join activity
    on persons.person_id = activity.person_id
    and metric_types.event_type = activity.event_type
    and activity.activity_date between {{ first_past_date }} and persons.matured_date
where persons.is_matured and persons.is_analysed
group by
    persons.experiment, metric_types.metric, metric_types.kind, persons.slot_number,
    persons.assigned_date, metric_types.type_number, activity.activity_date
