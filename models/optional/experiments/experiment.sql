-- Plan, arms, checks, and what it did: from experiment('call_promising_users');
{{ config(materialized="table_function", parameters=["wanted_experiment"]) }}

with

plans as (select * from {{ ref("experiment_plan") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

balance as (select * from {{ ref("experiment_balance") }}),

results as (select * from {{ ref("experiment_results") }}),

metric_results as (select * from {{ ref("experiment_metric_results") }}),

bands as (select * from {{ ref("score_bands") }}),

effects_in_words as (
    select
        experiment,
        'plan' as section,
        unnest([
            'in the population', 'needed, with the rate without acting',
            'so far assigned, with the effect that can be found'
        ]) as item,
        unnest([population_users, users_needed, assigned_users]) as users,
        unnest([null, baseline_rate, detectable_effect]) as estimate,
        unnest([status, null, verdict]) as verdict
    from plans
    union all by name
    select
        experiment,
        'arms' as section,
        'mean score' as item,
        arm,
        count(*) as users,
        sum(score) / cast(count(score) as double) as estimate
    from assignments
    group by experiment, arm
    union all by name
    select
        *,
        'checks' as section,
        check_name as item,
        difference as estimate
    from balance
    where verdict not in ('balanced', 'within chance') or check_name = 'score'
    union all by name
    select
        results.* replace (results.users + results.control_users as users),
        case results.cell when 'all' then 'effect' else 'effect by band' end as section,
        case results.cell when 'all' then results.method else results.cell end as item,
        bands.min_score
    from results
    left join bands
        on results.cell = bands.band
    where results.cell = 'all' or results.method = 'shrunken'
    union all by name
    select
        * replace (users + control_users as users),
        'metrics' as section,
        concat(metric, ', ', method) as item
    from metric_results
    where cell = 'all'
)

select
    section,
    item,
    arm,
    users,
    cast(estimate as decimal(18, 4)) as value,
    cast(lower as decimal(18, 4)) as lower,
    cast(upper as decimal(18, 4)) as upper,
    verdict
from effects_in_words
where experiment = wanted_experiment
order by
    strpos('plan, arms, checks, effect, effect by band, metrics', section),
    arm nulls first, min_score desc, verdict is null, item
