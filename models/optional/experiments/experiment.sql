-- All about one experiment: what was planned, who is in which arm, whether the split is
-- fair, and what it did: from experiment('call_promising_users');
{{ config(materialized="table_function", parameters=["wanted_experiment"]) }}

with

plans as (select * from {{ ref("experiment_plan") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

balance as (select * from {{ ref("experiment_balance") }}),

results as (select * from {{ ref("experiment_results") }}),

bands as (select * from {{ ref("score_bands") }}),

told as (
    select
        'plan' as section,
        unnest([
            'in the population',
            'needed, with the rate without acting',
            'so far assigned, with the effect that can be found'
        ]) as item,
        unnest([population_users, users_needed, assigned_users]) as users,
        unnest([null, baseline_rate, detectable_effect]) as value,
        unnest([status, null, verdict]) as verdict
    from plans
    where experiment = wanted_experiment
    union all by name
    select
        'arms' as section,
        'mean score' as item,
        arm,
        count(*) as users,
        sum(score) / cast(count(score) as double) as value
    from assignments
    where experiment = wanted_experiment
    group by arm
    union all by name
    select
        'checks' as section,
        check_name as item,
        arm,
        difference as value,
        verdict
    from balance
    where
        experiment = wanted_experiment
        and (verdict not in ('balanced', 'within chance') or check_name = 'score')
    union all by name
    select
        case when cell = 'all' then 'effect' else 'effect by band' end as section,
        case when cell = 'all' then method else cell end as item,
        case when verdict is null then 2 else 1 end as line,
        arm,
        users + control_users as users,
        estimate as value,
        lower,
        upper,
        verdict
    from results
    where experiment = wanted_experiment and (cell = 'all' or method = 'shrunken')
)

select
    told.section,
    told.item,
    told.arm,
    told.users,
    cast(told.value as decimal(18, 4)) as value,
    cast(told.lower as decimal(18, 4)) as lower,
    cast(told.upper as decimal(18, 4)) as upper,
    told.verdict
from told
left join bands
    on told.item = bands.band
order by
    list_position(['plan', 'arms', 'checks', 'effect', 'effect by band'], told.section),
    told.arm nulls first, bands.min_score desc, told.line, told.item
