-- One row per experiment and count or amount: the least value that as many people do
-- not exceed as the plan says, or 99.9 %, in all arms together.
with

metric_values as (select * from {{ ref("int_experiment_metric_values") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

ranked as (
    select
        metric_values.*,
        coalesce(metrics.winsorise_share, 0.999) as winsorise_share,
        row_number() over same_metric as place,
        count(*) over (
            partition by metric_values.experiment, metric_values.metric
        ) as persons
    from metric_values
    inner join metrics
        on metric_values.experiment = metrics.experiment
        and metric_values.metric = metrics.metric
    where metric_values.kind in ('count', 'amount')
    window same_metric as (
        partition by metric_values.experiment, metric_values.metric
        order by metric_values.value
    )
)

select
    experiment,
    metric,
    min(value) as cut_value
from ranked
where place >= winsorise_share * persons
group by experiment, metric
