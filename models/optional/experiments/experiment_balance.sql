{{ config(schema="main", meta={"published_order": "experiment, arm, check_name"}) }}

-- One row per experiment, arm other than the control, and check: was the split fair,
-- and did both arms keep their users? Means are compared over the spread of both arms
-- (standardised mean difference, Austin 2009, Stat. Med. 28:3083): up to 0.1 counts as
-- balanced; more is chance up to three standard errors, as there are many features.
with

means as (select * from {{ ref("int_experiment_means") }}),

counts as (select * from {{ ref("int_experiment_counts") }}),

tests as (select * from {{ ref("int_experiment_tests") }}),

compared as (
    select
        counts.*,
        controls.arm as control_arm,
        controls.share as control_share,
        controls.assigned_users as control_assigned_users,
        controls.matured_users as control_matured_users,
        controls.analysed_users as control_analysed_users
    from counts
    inner join counts as controls
        on counts.experiment = controls.experiment
        and controls.is_control
    where not counts.is_control and counts.assigned_users > 0
),

differences as (
    select
        compared.experiment,
        compared.arm,
        means.measure as check_name,
        means.mean as arm_value,
        control_means.mean as control_value,
        coalesce(
            (means.mean - control_means.mean)
            / nullif(sqrt((means.variance + control_means.variance) / 2), 0),
            0
        ) as difference,
        sqrt(1.0 / means.users + 1.0 / control_means.users) as standard_error
    from compared
    inner join means
        on compared.experiment = means.experiment
        and compared.arm = means.arm
    inner join means as control_means
        on compared.experiment = control_means.experiment
        and compared.control_arm = control_means.arm
        and means.measure = control_means.measure
)

select
    experiment,
    arm,
    check_name,
    arm_value,
    control_value,
    difference,
    cast(null as double) as p_value,
    case
        when abs(difference) <= 0.1 then 'balanced'
        when abs(difference) <= 3 * standard_error then 'within chance'
        else 'uneven'
    end as verdict
from differences
union all
select
    compared.experiment,
    compared.arm,
    '(assigned users)' as check_name,
    compared.assigned_users as arm_value,
    compared.control_assigned_users as control_value,
    1.0 * compared.assigned_users
    - 1.0 * compared.control_assigned_users * compared.share / compared.control_share
        as difference,
    tests.sample_ratio_p_value as p_value,
    {{ p_value_verdict("tests.sample_ratio_p_value", "as planned") }} as verdict
from compared
inner join tests
    on compared.experiment = tests.experiment
    and compared.arm = tests.arm
union all
select
    compared.experiment,
    compared.arm,
    '(analysed share)' as check_name,
    1.0 * compared.analysed_users / compared.matured_users as arm_value,
    1.0 * compared.control_analysed_users / compared.control_matured_users
        as control_value,
    arm_value - control_value as difference,
    tests.analysed_p_value as p_value,
    {{ p_value_verdict("tests.analysed_p_value", "both arms kept") }} as verdict
from compared
inner join tests
    on compared.experiment = tests.experiment
    and compared.arm = tests.arm
where compared.matured_users > 0 and compared.control_matured_users > 0
