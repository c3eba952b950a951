{{ config(schema="main", meta={"published_order": "experiment"}) }}

-- One row per experiment: how many users its effect needs, by what past members did.
with

experiments as (select * from {{ ref("experiments") }}),

population as (select * from {{ ref("int_experiment_population") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

past_members as (select * from {{ ref("int_experiment_past") }}),

past_units as (
    select
        population,
        as_of_date,
        unit,
        count(*) as users,
        count(*) filter (where is_converted) as conversions
    from past_members
    group by population, as_of_date, unit
),

clusters as (
    select
        population,
        {{ design_effect("users", "conversions") }} as design_effect
    from past_units
    group by population
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

{{ rows_from_python("experiment_plan", [
    "experiments", "today", "history", "clusters", "joined",
], {
    "experiment": "varchar", "status": "varchar", "horizon_days": "integer",
    "population_users": "bigint", "assigned_users": "bigint",
    "history_users": "bigint", "history_conversions": "bigint",
    "variance_explained": "double", "design_effect": "double", "baseline_rate": "double",
    "minimum_effect": "decimal(18, 4)",
    "users_needed": "bigint", "detectable_effect": "double", "verdict": "varchar",
}, settings=["horizon_days", "outcome_event_type"]) }}
