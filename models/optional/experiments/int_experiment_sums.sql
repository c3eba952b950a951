-- One row per experiment, arm, band, stratum and day on which outcomes are known.
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
),

outcomes as (
    select
        assignments.*,
        as_of_dates.as_of_date,
        {{ matured_date }} as matured_date,
        (assignments.block_number = 0 and assignments.user_id is not null) or exists (
            select 1 from traces
            where
                traces.person_id = coalesce(persons.person_id, assignments.user_id)
                and traces.trace_date <= assignments.assigned_date
        ) as is_analysed,
        exists(
            select 1 from activity
            where
                activity.person_id = coalesce(persons.person_id, assignments.user_id)
                and activity.event_type = experiments.outcome_event_type
                and activity.activity_date > assignments.assigned_date
                and activity.activity_date
                <= least({{ matured_date }}, as_of_dates.as_of_date)
        ) as is_converted
    from assignments
    inner join experiments
        on assignments.experiment = experiments.experiment
    inner join as_of_dates
        on as_of_dates.is_scoring_date
    left join persons
        on assignments.user_id = persons.user_id
)

select
    experiment,
    arm,
    band,
    stratum,
    matured_date,
    as_of_date,
    matured_date <= as_of_date as is_matured,
    count(*) as assigned_users,
    count(*) filter (where is_analysed) as users,
    count(*) filter (where is_analysed and is_converted) as conversions,
    cast(coalesce(sum(score) filter (where is_analysed), 0) as bigint) as score_sum,
    cast(coalesce(sum(score * score) filter (where is_analysed), 0) as bigint)
        as score_squares_sum,
    cast(
        coalesce(sum(score) filter (where is_analysed and is_converted), 0) as bigint
    ) as converted_score_sum
from outcomes
group by experiment, arm, band, stratum, matured_date, as_of_date
