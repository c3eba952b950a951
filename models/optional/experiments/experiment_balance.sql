{{ config(schema="main", meta={"published_order": "experiment, arm, check_name"}) }}

-- One row per experiment, arm other than the control, and check: was the split fair,
-- and did both arms keep their users? By pointwise.experiments.balance.
with

experiments as (select * from {{ ref("experiments") }}),

assignments as (select * from {{ ref("experiment_assignments") }}),

kept_sums as (select * from {{ ref("int_experiment_feature_sums") }}),

features as (select * from {{ ref("features") }}),

persons as (select * from {{ ref("int_experiment_persons") }}),

scores as (
    select
        experiment,
        arm,
        count(*) as users,
        count(distinct coalesce(unit_number, slot_number)) as units,
        count(score) as scored_users,
        sum(score) as score_sum,
        sum(score * score) as score_squares_sum
    from assignments
    group by experiment, arm
),

feature_sums as (
    select
        kept_sums.experiment,
        kept_sums.arm,
        kept_sums.feature,
        features.measure,
        kept_sums.text_value,
        sum(kept_sums.users) as users,
        sum(kept_sums.value_sum) as value_sum,
        sum(kept_sums.squares_sum) as squares_sum
    from kept_sums
    inner join features
        on kept_sums.feature = features.feature
    group by
        kept_sums.experiment,
        kept_sums.arm,
        kept_sums.feature,
        features.measure,
        kept_sums.text_value
),

units as (
    select
        experiment,
        arm,
        bool_and(is_analysed) as is_analysed
    from persons
    where is_matured
    group by experiment, arm, unit_number
),

outcomes as (
    select
        experiment,
        arm,
        count(*) as matured_users,
        count(*) filter (where is_analysed) as analysed_users
    from units
    group by experiment, arm
)

{{ rows_from_python(
    "experiment_balance", ["experiments", "scores", "feature_sums", "outcomes"], {
        "experiment": "varchar", "arm": "varchar", "check_name": "varchar",
        "arm_value": "double", "control_value": "double",
        "difference": "double",
        "p_value": "double",
        "verdict": "varchar",
    }
) }}
