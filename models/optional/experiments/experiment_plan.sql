{{ config(schema="main", meta={"published_order": "experiment"}) }}

-- One row per experiment: users it needs to see its effect four times in five, and what
-- those there are could show. What to expect when nobody acts is what past members of
-- the population did; a user counts once a snapshot. By pointwise.experiments.plan.
{%- set matured_date = add_days(
    "population.as_of_date",
    "coalesce(experiments.horizon_days, " ~ var("horizon_days") ~ ")"
) %}
with

experiments as (select * from {{ ref("experiments") }}),

population as (select * from {{ ref("int_experiment_population") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

outcomes as (
    select
        population.population,
        population.is_scoring_date,
        {{ matured_date }} <= as_of_dates.as_of_date as has_matured,
        exists(
            select 1 from activity
            where
                activity.user_id = population.user_id
                and activity.event_type = experiments.outcome_event_type
                and activity.activity_date > population.as_of_date
                and activity.activity_date <= {{ matured_date }}
        ) as is_converted
    from population
    inner join experiments
        on population.population = experiments.experiment
    inner join as_of_dates
        on as_of_dates.is_scoring_date
),

members as (
    select
        population,
        count(*) filter (where is_scoring_date) as users,
        count(*) filter (where has_matured) as history_users,
        count(*) filter (where has_matured and is_converted) as history_conversions
    from outcomes
    group by population
),

assigned as (
    select
        experiment,
        count(*) as users
    from assignments
    group by experiment
)

{{ rows_from_python("experiment_plan", ["experiments", "members", "assigned"], {
    "experiment": "varchar",
    "status": "varchar",
    "horizon_days": "integer",
    "population_users": "bigint",
    "assigned_users": "bigint",
    "history_users": "bigint",
    "history_conversions": "bigint",
    "baseline_rate": "double",
    "minimum_effect": "decimal(18, 4)",
    "users_needed": "bigint",
    "detectable_effect": "double",
    "verdict": "varchar",
}, settings=["horizon_days", "outcome_event_type"]) }}
