{{ config(schema="main", meta={"published_order": "experiment"}) }}

-- One row per experiment: how many users its effect needs, by what past members did.
{%- set horizon = "coalesce(experiments.horizon_days, " ~ var("horizon_days") ~ ")" %}
{%- set matured_date = add_days("population.as_of_date", horizon) %}
with

experiments as (select * from {{ ref("experiments") }}),

population as (select * from {{ ref("int_experiment_population") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

activity as (select * from {{ ref("int_activity_today") }}),

persons as (select * from {{ ref("int_persons_today") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

past_members as (
    select
        population.population,
        population.stratum,
        population.score,
        exists(
            select 1 from activity
            where
                activity.person_id = coalesce(persons.person_id, population.user_id)
                and activity.event_type = experiments.outcome_event_type
                and activity.activity_date > population.as_of_date
                and activity.activity_date <= {{ matured_date }}
        ) as is_converted
    from population
    inner join experiments
        on population.population = experiments.experiment
    inner join as_of_dates
        on as_of_dates.is_scoring_date
        and as_of_dates.as_of_date >= {{ matured_date }}
    left join persons
        on population.user_id = persons.user_id
),

history as (
    select
        population,
        stratum,
        count(*) as users,
        count(*) filter (where is_converted) as conversions,
        sum(score) as score_sum,
        sum(score * score) as score_squares_sum,
        coalesce(sum(score) filter (where is_converted), 0) as converted_score_sum
    from past_members
    group by population, stratum
),

today as (
    select
        population,
        count(*) as users
    from population
    where is_scoring_date
    group by population
),

joined as (
    select
        experiment,
        count(*) as users
    from assignments
    group by experiment
)

{{ rows_from_python("experiment_plan", ["experiments", "today", "history", "joined"], {
    "experiment": "varchar", "status": "varchar", "horizon_days": "integer",
    "population_users": "bigint", "assigned_users": "bigint",
    "history_users": "bigint", "history_conversions": "bigint",
    "variance_explained": "double", "baseline_rate": "double",
    "minimum_effect": "decimal(18, 4)",
    "users_needed": "bigint", "detectable_effect": "double", "verdict": "varchar",
}, settings=["horizon_days", "outcome_event_type"]) }}
