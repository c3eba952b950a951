-- One row per assigned person of each experiment that the control panel lists: until
-- when outcomes count, and whether they are known and the person can be analysed.
{%- set horizon = "coalesce(experiments.horizon_days, " ~ var("horizon_days") ~ ")" %}
{%- set matured_date = add_days("assignments.assigned_date", horizon) %}
with

assignments as (select * from {{ ref("experiment_assignments") }}),

experiments as (select * from {{ ref("experiments") }}),

activity as (select * from {{ ref("int_activity_today") }}),

persons as (select * from {{ ref("int_persons_today") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

traces as (
    select
        person_id,
        activity_date as trace_date
    from activity
    where event_type <> '*'
    union all
    select
        coalesce(persons.person_id, user_attributes.user_id) as person_id,
        coalesce(user_attributes.valid_from, date '0001-01-01') as trace_date
    from user_attributes
    left join persons
        on user_attributes.user_id = persons.user_id
)

select
    assignments.experiment,
    assignments.slot_number,
    coalesce(assignments.unit_number, assignments.slot_number) as unit_number,
    coalesce(persons.person_id, assignments.user_id) as person_id,
    assignments.arm,
    assignments.band,
    assignments.stratum,
    assignments.score,
    assignments.covariates,
    experiments.outcome_event_type,
    assignments.assigned_date,
    {{ matured_date }} as matured_date,
    as_of_dates.as_of_date,
    {{ matured_date }} <= as_of_dates.as_of_date as is_matured,
    (assignments.block_number = 0 and assignments.user_id is not null) or exists (
        select 1 from traces
        where
            traces.person_id = coalesce(persons.person_id, assignments.user_id)
            and traces.trace_date <= assignments.assigned_date
    ) as is_analysed
from assignments
inner join experiments
    on assignments.experiment = experiments.experiment
inner join as_of_dates
    on as_of_dates.is_scoring_date
left join persons
    on assignments.user_id = persons.user_id
