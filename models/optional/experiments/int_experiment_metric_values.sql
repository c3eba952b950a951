-- One row per experiment, metric that is no ratio, and assigned person of known outcome:
-- what was done in the horizon after the assignment, and, as `past`, before it.
{%- set first_past_date = add_days("persons.assigned_date", 1 - var("look_back_days")) %}
with

all_persons as (select * from {{ ref("int_experiment_persons") }}),

metrics as (select * from {{ ref("experiment_metrics") }}),

activity as (select * from {{ ref("int_activity_today") }}),

event_types as (select * from {{ ref("event_types") }}),

limits as ({{ event_type_numbers("event_types") }}),

persons as (
    select
        all_persons.* replace (coalesce(all_persons.score, 0) as score),
        metrics.metric,
        metrics.kind,
        metrics.event_types
    from all_persons
    inner join metrics
        on all_persons.experiment = metrics.experiment
        and metrics.kind <> 'ratio'
    where all_persons.is_matured and all_persons.is_analysed
),

days as (
    select
        persons.experiment,
        persons.metric,
        persons.slot_number,
        activity.activity_date > persons.assigned_date as is_after,
        case persons.kind
            when 'amount' then sum(activity.amount)
            else least(sum(activity.events), max(limits.max_per_day))
        end as value
    from persons
    inner join limits
        on limits.event_type <> '*'
        and (
            persons.event_types = '*'
            or list_contains(string_split(persons.event_types, '|'), limits.event_type)
        )
    inner join activity
        on persons.person_id = activity.person_id
        and limits.event_type = activity.event_type
        and activity.activity_date between {{ first_past_date }} and persons.matured_date
    group by
        persons.experiment, persons.metric, persons.kind, persons.slot_number,
        persons.assigned_date, activity.event_type, activity.activity_date
),

done as (
    select
        experiment,
        metric,
        slot_number,
        sum(value) filter (where is_after) as value,
        sum(value) filter (where not is_after) as past
    from days
    group by experiment, metric, slot_number
)

select
    persons.experiment,
    persons.metric,
    persons.kind,
    persons.slot_number,
    persons.arm,
    persons.band,
    persons.score,
    least(coalesce(done.value, 0), case persons.kind when 'converted' then 1 end) as value,
    least(coalesce(done.past, 0), case persons.kind when 'converted' then 1 end) as past
from persons
left join done
    on persons.experiment = done.experiment
    and persons.metric = done.metric
    and persons.slot_number = done.slot_number
