-- One row per experiment, arm and method: the effect and its variance, adding up over
-- the whole or over strata (Cochran 1977, ch. 5A), each without and with the score at
-- the assignment as a covariate (CUPED: Deng, Xu, Kohavi and Walker 2013, WSDM). Of the
-- variance by arm and the one that arms without an effect have in common, the larger
-- counts (Angrist and Pischke 2009, Mostly Harmless Econometrics, ch. 8.1): a small arm
-- with few conversions by chance seems to spread little, and would raise false alarms.
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
        {{ exact_sum("joint_spread + control_joint_spread", 12) }}
        / nullif({{ exact_sum("score_spread + control_score_spread", 12) }}, 0) as slope
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

adjusted as (
    select
        centred.*,
        methods.method,
        1.0 * centred.cell_users / centred.all_users as weight,
        centred.difference - methods.slope * centred.score_difference as effect,
        {{ adjusted_spread("") }} as adjusted_spread,
        {{ adjusted_spread("control_") }} as control_adjusted_spread
    from centred
    inner join methods
        on centred.experiment = methods.experiment
        and centred.arm = methods.arm
        and centred.cut = methods.cut
),

variances as (
    select
        *,
        adjusted_spread / (users - 1) / users
        + control_adjusted_spread / (control_users - 1) / control_users
            as variance_by_arm,
        (adjusted_spread + control_adjusted_spread) / (cell_users - 2)
        * (1.0 / users + 1.0 / control_users) as variance_in_common
    from adjusted
)

select
    experiment,
    arm,
    method,
    {{ exact_sum("weight * effect", 18) }} as effect,
    greatest(
        {{ exact_sum("weight * weight * variance_by_arm", 18) }},
        {{ exact_sum("weight * weight * variance_in_common", 18) }}
    ) as variance
from variances
group by experiment, arm, method
