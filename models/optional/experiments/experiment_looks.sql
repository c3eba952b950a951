{{ config(schema="main", meta={"published_order": "experiment, arm, look_date"}) }}

-- One row per experiment, arm other than the control, and day on which outcomes became
-- known: the difference so far, with an interval for someone who looks once, on that
-- day, and one for someone who looks every day and stops when it pleases. The latter
-- begins at five conversions and five users without one in each arm.
with

sums as (select * from {{ ref("int_experiment_sums") }}),

arms as (select * from {{ ref("int_experiment_arms") }}),

daily as (
    select
        experiment,
        arm,
        matured_date,
        cast(sum(users) as bigint) as users,
        cast(sum(conversions) as bigint) as conversions
    from sums
    group by experiment, arm, matured_date
),

look_days as (
    select
        daily.experiment,
        arms.arm,
        daily.matured_date as look_date
    from daily
    inner join arms
        on daily.experiment = arms.experiment
    group by daily.experiment, arms.arm, daily.matured_date
),

so_far as (
    select
        look_days.experiment,
        look_days.arm,
        look_days.look_date,
        sum(coalesce(daily.users, 0)) over days as users,
        sum(coalesce(daily.conversions, 0)) over days as conversions
    from look_days
    left join daily
        on look_days.experiment = daily.experiment
        and look_days.arm = daily.arm
        and look_days.look_date = daily.matured_date
    window
        days as (
            partition by look_days.experiment, look_days.arm
            order by look_days.look_date
        )
),

compared as (
    select
        so_far.experiment,
        so_far.arm,
        so_far.look_date,
        cast(so_far.users as bigint) as users,
        cast(so_far.conversions as bigint) as conversions,
        cast(controls.users as bigint) as control_users,
        cast(controls.conversions as bigint) as control_conversions
    from so_far
    inner join arms
        on so_far.experiment = arms.experiment
        and so_far.arm = arms.arm
        and not arms.is_control
    inner join arms as control_arms
        on so_far.experiment = control_arms.experiment
        and control_arms.is_control
    inner join so_far as controls
        on so_far.experiment = controls.experiment
        and control_arms.arm = controls.arm
        and so_far.look_date = controls.look_date
    where least(so_far.users, controls.users) >= 2
),

spread as (
    select
        *,
        1.0 * conversions / users - 1.0 * control_conversions / control_users
            as difference,
        {{ proportion_variance("conversions", "users") }}
        + {{ proportion_variance("control_conversions", "control_users") }}
            as variance
    from compared
),

sequences as (
    select
        *,
        case
            when {{ is_begun() }} then
                {{ always_valid_half_width("(users + control_users)", "variance") }}
        end as half_width
    from spread
)

select
    experiment,
    arm,
    look_date,
    users,
    conversions,
    control_users,
    control_conversions,
    difference,
    difference - {{ newcombe_distance("-") }} as lower,
    difference + {{ newcombe_distance("+") }} as upper,
    difference - half_width as always_valid_lower,
    difference + half_width as always_valid_upper
from sequences
