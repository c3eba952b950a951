-- One row per experiment and metric that the readout has: those of the control panel,
-- and where companies are assigned the outcome, whose interval must know about them.
with

metrics as (select * from {{ ref("experiment_metrics") }}),

experiments as (select * from {{ ref("experiments") }}),

outcomes as (
    select
        experiments.experiment,
        'outcome' as metric,
        'converted' as kind,
        experiments.outcome_event_type as event_types,
        case when metrics.metric is null then 'primary' else 'exploratory' end as role
    from experiments
    left join metrics
        on experiments.experiment = metrics.experiment
        and metrics.role = 'primary'
    where experiments.assign_by = 'account'
),

all_metrics as (
    select * from metrics
    union all by name
    select * from outcomes
)

select
    experiment,
    metric,
    kind,
    event_types,
    role,
    numerator,
    denominator,
    winsorise_share,
    covariate
from all_metrics
