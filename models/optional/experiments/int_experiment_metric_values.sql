-- One row per experiment, metric that is no ratio, assigned person of known outcome:
-- what was done in the horizon after the assignment, and, as `past`, before it, or what
-- another tool gave as the covariate.
with

persons as (select * from {{ ref("int_experiment_persons") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

days as (select * from {{ ref("int_experiment_metric_days") }}),

done as (
    select
        experiment,
        metric,
        slot_number,
        sum(value) filter (where is_after) as value,
        sum(value) filter (where not is_after) as past
    from days
    group by experiment, metric, slot_number
),

people as (
    select
        persons.experiment,
        metrics.metric,
        metrics.kind,
        persons.slot_number,
        persons.unit_number,
        persons.arm,
        persons.band,
        coalesce(persons.score, 0) as score,
        coalesce(done.value, 0) as value,
        case
            when metrics.covariate is null then done.past
            else try_cast(regexp_extract(
                '|' || persons.covariates, '[|]' || metrics.covariate || '=([^|]*)', 1
            ) as decimal(18, 4))
        end as past,
        case when metrics.kind = 'converted' then 1 end as most,
        metrics.covariate is null as is_own_past
    from persons
    inner join metrics
        on persons.experiment = metrics.experiment
        and metrics.kind <> 'ratio'
    left join done
        on persons.experiment = done.experiment
        and metrics.metric = done.metric
        and persons.slot_number = done.slot_number
    where persons.is_matured and persons.is_analysed
)

select
    experiment,
    metric,
    kind,
    slot_number,
    unit_number,
    arm,
    band,
    score,
    least(value, most) as value,
    least(coalesce(past, 0), case when is_own_past then most end) as past,
    is_own_past
from people
