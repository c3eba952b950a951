-- One row per experiment and metric that the readout has: those of the control panel, and
-- where companies are assigned the outcome, whose interval must know of them.
with

metrics as (select * from {{ ref("experiment_metrics") }}),

experiments as (select * from {{ ref("experiments") }}),

primary_metrics as (select * from metrics where role = 'primary')

select * from metrics
union all by name
select
    experiments.experiment,
    'outcome' as metric,
    'converted' as kind,
    experiments.outcome_event_type as event_types,
    case when primary_metrics.metric is null then 'primary' else 'exploratory' end as role
from experiments
left join primary_metrics
    on experiments.experiment = primary_metrics.experiment
where experiments.assign_by = 'account'
