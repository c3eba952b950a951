-- One row per experiment, arm other than the control, cell (all users, or a band) and
-- method: the effect on the share that converts, with a 95 % interval.
with

cells as (select * from {{ ref("int_experiment_cells") }}),

estimates as (select * from {{ ref("int_experiment_estimates") }}),

looks as (select * from {{ ref("experiment_looks") }}),

proportions as (
    select
        *,
        1.0 * conversions / users - 1.0 * control_conversions / control_users
            as difference,
        (1.0 * conversions / users)
        / nullif(1.0 * control_conversions / control_users, 0) as ratio
    from cells
    where cut in ('whole', 'band') and users > 0 and control_users > 0
),

latest_looks as (
    select *
    from looks
    qualify
        row_number() over (partition by experiment, arm order by look_date desc) = 1
)

select
    experiment,
    arm,
    cut,
    cell,
    'difference' as method,
    difference as estimate,
    difference - {{ newcombe_distance("-") }} as lower,
    difference + {{ newcombe_distance("+") }} as upper
from proportions
union all
select
    experiment,
    arm,
    cut,
    cell,
    'ratio' as method,
    ratio as estimate,
    ratio / exp({{ normal_quantile() }} * {{ log_ratio_error() }}) as lower,
    ratio * exp({{ normal_quantile() }} * {{ log_ratio_error() }}) as upper
from proportions
where cut = 'whole'
union all
select
    proportions.experiment,
    proportions.arm,
    proportions.cut,
    proportions.cell,
    estimates.method,
    estimates.effect as estimate,
    estimates.effect
    - {{ corrected_half_width("estimates.variance", "proportions") }} as lower,
    estimates.effect
    + {{ corrected_half_width("estimates.variance", "proportions") }} as upper
from proportions
inner join estimates
    on proportions.experiment = estimates.experiment
    and proportions.arm = estimates.arm
where proportions.cut = 'whole' and estimates.method <> 'difference'
union all
select
    experiment,
    arm,
    'whole' as cut,
    'all' as cell,
    'always valid' as method,
    difference as estimate,
    always_valid_lower as lower,
    always_valid_upper as upper
from latest_looks
