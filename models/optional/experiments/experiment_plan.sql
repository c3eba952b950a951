{{ config(schema="main", meta={"published_order": "experiment"}) }}

-- One row per experiment: users it needs to see its effect four times in five, and what
-- those there are could show, the smallest arm against the control. Two proportions
-- (Fleiss, Levin and Paik 2003, ch. 4); 2.8016: normal quantiles of 97.5 % plus 80 %.
with

experiments as (select * from {{ ref("experiments") }}),

arms as (select * from {{ ref("int_experiment_arms") }}),

population as (select * from {{ ref("int_experiment_population") }}),

history as (select * from {{ ref("int_experiment_history") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

shares as (
    select
        experiment,
        population,
        max(share) filter (where is_control) as control_share,
        min(share) filter (where not is_control) as arm_share
    from arms
    group by experiment, population
),

available as (
    select
        population,
        count(*) as users
    from population
    where is_scoring_date
    group by population
),

assigned as (
    select
        experiment,
        count(*) as users
    from assignments
    group by experiment
),

expected as (
    select
        experiments.*,
        coalesce(experiments.horizon_days, {{ var("horizon_days") }}) as outcome_days,
        coalesce(available.users, 0) as population_users,
        coalesce(assigned.users, 0) as assigned_users,
        coalesce(history.users, 0) as history_users,
        coalesce(history.conversions, 0) as history_conversions,
        1.0 * history.conversions / history.users as baseline_rate,
        least(
            1.0 * history.conversions / history.users + experiments.minimum_effect, 1
        ) as hoped_rate,
        cast(shares.control_share as double) as control_share,
        cast(shares.arm_share as double) as arm_share
    from experiments
    inner join shares
        on experiments.experiment = shares.experiment
    left join available
        on shares.population = available.population
    left join assigned
        on experiments.experiment = assigned.experiment
    left join history
        on shares.population = history.population
),

computed as (
    select
        *,
        cast(
            ceil(
                power(2.8016 / minimum_effect, 2) * (
                    {{ bernoulli_variance("baseline_rate") }} / control_share
                    + {{ bernoulli_variance("hoped_rate") }} / arm_share
                )
            ) as bigint
        ) as users_needed,
        2.8016 * sqrt(
            {{ bernoulli_variance("baseline_rate") }}
            * (1 / control_share + 1 / arm_share)
            / nullif(greatest(population_users, assigned_users), 0)
        ) as detectable_effect
    from expected
)

select
    experiment,
    status,
    outcome_days as horizon_days,
    population_users,
    assigned_users,
    history_users,
    history_conversions,
    baseline_rate,
    minimum_effect,
    users_needed,
    detectable_effect,
    case
        when status = 'ended' then 'ended: see the readout'
        when greatest(population_users, assigned_users) = 0
            then {{ nobody_verdict() }}
        when history_users = 0 then 'no history to plan with'
        when greatest(population_users, assigned_users) < users_needed
            then 'too few users for the effect'
        else 'enough users for the effect'
    end as verdict
from computed
