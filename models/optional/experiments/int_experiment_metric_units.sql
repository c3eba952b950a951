-- One row per experiment, metric, assigned person whose outcome is known, and whether
-- large values are cut: what stands above and below the line of a ratio, which of a mean
-- is 1. What counts as large is the same in all arms.
with

metric_values as (select * from {{ ref("int_experiment_metric_values") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

ranked as (
    select
        metric_values.*,
        coalesce(metrics.winsorise_at, 0.999) as winsorise_at,
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
),

-- The least value that this share of people do not exceed.
cuts as (
    select
        experiment,
        metric,
        min(value) as cut_at
    from ranked
    where place >= winsorise_at * persons
    group by experiment, metric
),

of_persons as (
    select
        *,
        false as is_winsorised,
        1 as base,
        1 as past_base
    from metric_values
    union all by name
    select
        metric_values.* replace (
            least(metric_values.value, cuts.cut_at) as value,
            case
                when metric_values.is_own_past then least(metric_values.past, cuts.cut_at)
                else metric_values.past
            end as past
        ),
        true as is_winsorised,
        1 as base,
        1 as past_base,
        cuts.cut_at,
        metric_values.value > cuts.cut_at as is_cut
    from metric_values
    inner join cuts
        on metric_values.experiment = cuts.experiment
        and metric_values.metric = cuts.metric
    union all by name
    select
        numerators.* replace (metrics.metric as metric, metrics.kind as kind),
        false as is_winsorised,
        denominators.value as base,
        denominators.past as past_base
    from metrics
    inner join metric_values as numerators
        on metrics.experiment = numerators.experiment
        and metrics.numerator = numerators.metric
    inner join metric_values as denominators
        on metrics.experiment = denominators.experiment
        and metrics.denominator = denominators.metric
        and numerators.slot_number = denominators.slot_number
)

select * from of_persons
