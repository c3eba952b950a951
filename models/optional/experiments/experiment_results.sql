{{ config(schema="main", meta={"published_order": "experiment, arm, cell, method"}) }}

-- One row per experiment, arm other than the control, cell (all users, or a band) and
-- method: the effect, and what it says. Where an arm lost users so unevenly that chance
-- would do it once in a thousand, no effect is told. Until all outcomes are known, only
-- the always valid interval decides; then the stratified one with the score does.
with

effects as (select * from {{ ref("int_experiment_effects") }}),

cells as (select * from {{ ref("int_experiment_cells") }}),

estimates as (select * from {{ ref("int_experiment_estimates") }}),

balance as (select * from {{ ref("experiment_balance") }}),

users as (select * from {{ ref("int_experiment_users") }}),

experiments as (select * from {{ ref("experiments") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

states as (
    select
        experiments.experiment,
        as_of_dates.as_of_date,
        bool_and(users.is_matured)
        and (
            max(experiments.status) = 'ended'
            or max(experiments.end_date) <= as_of_dates.as_of_date
        ) as is_final
    from experiments
    inner join users
        on experiments.experiment = users.experiment
    inner join as_of_dates
        on as_of_dates.is_scoring_date
    group by experiments.experiment, as_of_dates.as_of_date
),

stopped as (
    select
        experiment,
        arm
    from balance
    where verdict = 'stop'
    group by experiment, arm
),

-- What a method saves is told against the one it builds on.
saved as (
    select
        better.experiment,
        better.arm,
        better.method,
        1 - better.variance / nullif(base.variance, 0) as variance_saved
    from estimates as better
    inner join estimates as base
        on better.experiment = base.experiment
        and better.arm = base.arm
        and base.method = case better.method
            when 'stratified cuped' then 'stratified' else 'difference'
        end
    where better.method <> 'difference'
),

told as (
    select
        effects.experiment,
        effects.arm,
        effects.cell,
        effects.method,
        states.as_of_date,
        states.is_final,
        cells.users,
        cells.conversions,
        cells.control_users,
        cells.control_conversions,
        case when stopped.arm is null then effects.estimate end as estimate,
        case when stopped.arm is null then effects.lower end as lower,
        case when stopped.arm is null then effects.upper end as upper,
        case
            when effects.method <> 'ratio' then
                (effects.upper - effects.lower)
                / max(effects.upper - effects.lower) filter (
                    where effects.method = 'difference'
                ) over (partition by effects.experiment, effects.arm, effects.cell)
        end as width_ratio,
        saved.variance_saved,
        stopped.arm is not null as is_stopped
    from effects
    inner join cells
        on effects.experiment = cells.experiment
        and effects.arm = cells.arm
        and effects.cut = cells.cut
        and effects.cell = cells.cell
    inner join states
        on effects.experiment = states.experiment
    left join stopped
        on effects.experiment = stopped.experiment
        and effects.arm = stopped.arm
    left join saved
        on effects.experiment = saved.experiment
        and effects.arm = saved.arm
        and effects.method = saved.method
)

select
    experiment,
    arm,
    cell,
    method,
    as_of_date,
    is_final,
    users,
    conversions,
    control_users,
    control_conversions,
    estimate,
    lower,
    upper,
    width_ratio,
    variance_saved,
    {{ effect_verdict() }} as verdict
from told
