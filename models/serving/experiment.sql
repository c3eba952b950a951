-- All about one experiment: what was planned, who is in which arm, whether the split is
-- fair, and what it did: from experiment('call_promising_users');
{{ config(materialized="table_function", parameters=["wanted_experiment"]) }}

with

plans as (select * from {{ ref("experiment_plan") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

balance as (select * from {{ ref("experiment_balance") }}),

results as (select * from {{ ref("experiment_results") }}),

sections as (
    select
        1 as section_number,
        'plan' as section,
        unnest([
            'in the population',
            'needed, with the rate without acting',
            'assigned, with the effect that can be found'
        ]) as item,
        unnest([1, 2, 3]) as line,
        unnest([population_users, users_needed, assigned_users]) as users,
        unnest([null, baseline_rate, detectable_effect]) as value,
        unnest([status, null, verdict]) as verdict
    from plans
    where experiment = wanted_experiment
    union all by name
    select
        2 as section_number,
        'arms' as section,
        'mean score' as item,
        min(slot_number) as line,
        arm,
        count(*) as users,
        sum(score) / cast(count(score) as double) as value
    from assignments
    where experiment = wanted_experiment
    group by arm
    union all by name
    select
        3 as section_number,
        'checks' as section,
        check_name as item,
        case when check_name like '(%' then 1 else 2 end as line,
        arm,
        difference as value,
        verdict
    from balance
    where
        experiment = wanted_experiment
        and (verdict not in ('balanced', 'within chance') or check_name = 'score')
    union all by name
    select
        case when cell = 'all' then 4 else 5 end as section_number,
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
    where experiment = wanted_experiment
)

select
    section,
    item,
    arm,
    users,
    cast(value as decimal(18, 4)) as value,
    cast(lower as decimal(18, 4)) as lower,
    cast(upper as decimal(18, 4)) as upper,
    verdict
from sections
order by section_number, arm nulls first, line, item
