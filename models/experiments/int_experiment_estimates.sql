-- One row per experiment, arm and method: the effect and its variance, adding up over
-- the whole or over strata (Cochran 1977, ch. 5A), each without and with the score at
-- the assignment as a covariate (CUPED: Deng, Xu, Kohavi and Walker 2013, WSDM). All
-- starts from whole numbers, and sums are of decimals, so that no order of adding
-- matters.
with

cells as (select * from {{ ref("int_experiment_cells") }}),

centred as (
    select
        experiment,
        arm,
        cut,
        users,
        control_users,
        users + control_users as cell_users,
        sum(users + control_users) over (
            partition by experiment, arm, cut
        ) as all_users,
        1.0 * conversions / users - 1.0 * control_conversions / control_users
            as difference,
        1.0 * score_sum / users - 1.0 * control_score_sum / control_users
            as score_difference,
        {{ centred_sum("", "conversions", "conversions", "conversions") }}
            as spread,
        {{ centred_sum("", "score_squares_sum", "score_sum", "score_sum") }}
            as score_spread,
        {{ centred_sum("", "converted_score_sum", "score_sum", "conversions") }}
            as joint_spread,
        {{ centred_sum("control_", "conversions", "conversions", "conversions") }}
            as control_spread,
        {{ centred_sum("control_", "score_squares_sum", "score_sum", "score_sum") }}
            as control_score_spread,
        {{ centred_sum("control_", "converted_score_sum", "score_sum", "conversions") }}
            as control_joint_spread
    from cells
    where cut in ('whole', 'stratum') and least(users, control_users) >= 2
),

slopes as (
    select
        experiment,
        arm,
        cut,
        cast(
            sum(cast(joint_spread + control_joint_spread as decimal(38, 12))) as double
        )
        / nullif(
            cast(
                sum(cast(score_spread + control_score_spread as decimal(38, 12)))
                as double
            ), 0
        ) as slope
    from centred
    group by experiment, arm, cut
),

-- Without the covariate the slope is zero.
methods as (
    select
        experiment,
        arm,
        cut,
        case when cut = 'whole' then 'difference' else 'stratified' end as method,
        0 as slope
    from slopes
    union all
    select
        experiment,
        arm,
        cut,
        case when cut = 'whole' then 'cuped' else 'stratified cuped' end as method,
        coalesce(slope, 0) as slope
    from slopes
),

shares as (
    select
        centred.*,
        methods.method,
        methods.slope,
        1.0 * centred.cell_users / centred.all_users as weight
    from centred
    inner join methods
        on centred.experiment = methods.experiment
        and centred.arm = methods.arm
        and centred.cut = methods.cut
)

select
    experiment,
    arm,
    method,
    cast(
        sum(
            cast(
                weight * (difference - slope * score_difference) as decimal(38, 18)
            )
        ) as double
    ) as effect,
    cast(
        sum(
            cast(
                weight * weight * (
                    {{ adjusted_variance("") }} + {{ adjusted_variance("control_") }}
                ) as decimal(38, 18)
            )
        ) as double
    ) as variance
from shares
group by experiment, arm, method
