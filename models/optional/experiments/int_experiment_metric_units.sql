-- One row per experiment, metric, assigned person of known outcome, and whether large
-- values are cut: what stands above and below the line of a ratio, 1 below that of a
-- mean. What counts as large is the same in all arms.
with

metric_values as (select * from {{ ref("int_experiment_metric_values") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

cuts as (select * from {{ ref("int_experiment_metric_cuts") }}),

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
            least(metric_values.value, cuts.cut_value) as value,
            least(
                metric_values.past,
                case when metric_values.is_own_past then cuts.cut_value end
            ) as past
        ),
        true as is_winsorised,
        1 as base,
        1 as past_base,
        cuts.cut_value,
        metric_values.value > cuts.cut_value as is_cut
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

select
    experiment,
    metric,
    kind,
    slot_number,
    unit_number,
    arm,
    band,
    score,
    is_winsorised,
    value,
    base,
    past,
    past_base,
    cut_value,
    is_cut
from of_persons
