-- One row per experiment and slot: what became of the user. A user whose events up to
-- the assignment are gone from the data, or who was erased, cannot be told from one who
-- did nothing, and is not analysed.
with

assignments as (select * from {{ ref("experiment_assignments") }}),

experiments as (select * from {{ ref("experiments") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

assigned as (
    select
        assignments.*,
        experiments.outcome_event_type,
        as_of_dates.as_of_date,
        {{ add_days(
            "assignments.assigned_date",
            "coalesce(experiments.horizon_days, " ~ var("horizon_days") ~ ")"
        ) }} as matured_date
    from assignments
    inner join experiments
        on assignments.experiment = experiments.experiment
    inner join as_of_dates
        on as_of_dates.is_scoring_date
),

converted as (
    select
        assigned.experiment,
        assigned.slot_number
    from assigned
    inner join activity
        on assigned.user_id = activity.user_id
        and assigned.outcome_event_type = activity.event_type
        and assigned.assigned_date < activity.activity_date
        and assigned.matured_date >= activity.activity_date
        and assigned.as_of_date >= activity.activity_date
    group by assigned.experiment, assigned.slot_number
),

traces as (
    select
        user_id,
        activity_date as trace_date
    from activity
    where event_type <> '*'
    union all
    select
        user_id,
        coalesce(valid_from, date '0001-01-01') as trace_date
    from user_attributes
),

first_traces as (
    select
        user_id,
        min(trace_date) as trace_date
    from traces
    group by user_id
)

select
    assigned.experiment,
    assigned.slot_number,
    assigned.arm,
    assigned.stratum,
    assigned.band,
    assigned.score,
    assigned.assigned_date,
    assigned.matured_date,
    assigned.matured_date <= assigned.as_of_date as is_matured,
    coalesce(first_traces.trace_date <= assigned.assigned_date, false) as is_analysed,
    converted.experiment is not null as is_converted
from assigned
left join first_traces
    on assigned.user_id = first_traces.user_id
left join converted
    on assigned.experiment = converted.experiment
    and assigned.slot_number = converted.slot_number
