-- One row per experiment, arm other than the control, way of cutting (whole, bands,
-- strata) and cell: the sums of the arm beside those of the control. Strata with fewer
-- than two users in either are put together as 'rest', since they have no spread.
with

sums as (select * from {{ ref("int_experiment_sums") }}),

arms as (select * from {{ ref("int_experiment_arms") }}),

cuts as (
    select
        experiment,
        arm,
        'whole' as cut,
        'all' as cell,
        users,
        conversions,
        score_sum,
        score_squares_sum,
        converted_score_sum
    from sums
    union all
    select
        experiment,
        arm,
        unnest(['band', 'stratum']) as cut,
        unnest([band, stratum]) as cell,
        users,
        conversions,
        score_sum,
        score_squares_sum,
        converted_score_sum
    from sums
),

compared as (
    select
        cuts.*,
        compared_arms.arm as compared_arm,
        arms.is_control as is_of_control
    from cuts
    inner join arms
        on cuts.experiment = arms.experiment
        and cuts.arm = arms.arm
    inner join arms as compared_arms
        on cuts.experiment = compared_arms.experiment
        and not compared_arms.is_control
        and (arms.is_control or arms.arm = compared_arms.arm)
),

sized as (
    select
        *,
        cut <> 'stratum' or least(
            sum(case when is_of_control then users else 0 end) over same_cell,
            sum(case when is_of_control then 0 else users end) over same_cell
        ) >= 2 as is_large_enough
    from compared
    window same_cell as (partition by experiment, compared_arm, cut, cell)
)

select
    experiment,
    compared_arm as arm,
    cut,
    case when is_large_enough then cell else 'rest' end as cell,
    {{ sum_where("not is_of_control", "users") }} as users,
    {{ sum_where("not is_of_control", "conversions") }} as conversions,
    {{ sum_where("not is_of_control", "score_sum") }} as score_sum,
    {{ sum_where("not is_of_control", "score_squares_sum") }} as score_squares_sum,
    {{ sum_where("not is_of_control", "converted_score_sum") }} as converted_score_sum,
    {{ sum_where("is_of_control", "users") }} as control_users,
    {{ sum_where("is_of_control", "conversions") }} as control_conversions,
    {{ sum_where("is_of_control", "score_sum") }} as control_score_sum,
    {{ sum_where("is_of_control", "score_squares_sum") }} as control_score_squares_sum,
    {{ sum_where("is_of_control", "converted_score_sum") }}
        as control_converted_score_sum
from sized
group by
    experiment,
    compared_arm,
    cut,
    case when is_large_enough then cell else 'rest' end
