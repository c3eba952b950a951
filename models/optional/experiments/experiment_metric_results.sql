{{
    config(
        schema="main",
        meta={"published_order": "experiment, metric, arm, cell, method"},
    )
}}

-- One row per experiment, metric, arm other than the control, cell (all users, or a
-- band) and method: the effect on a mean or a ratio of two, and what it says. Of the
-- primary metric one method decides, as in experiment_results; secondary ones share an
-- alpha of their own at the end; exploratory ones decide nothing. By
-- pointwise.experiments.metrics.
with

experiments as (select * from {{ ref("experiments") }}),

metrics as (select * from {{ ref("int_experiment_metrics") }}),

sums as (select * from {{ ref("int_experiment_metric_sums") }}),

outcome_sums as (select * from {{ ref("int_experiment_sums") }}),

balance as (select * from {{ ref("experiment_balance") }}),

states as (
    select
        experiment,
        max(as_of_date) as as_of_date,
        bool_and(is_matured) as is_matured
    from outcome_sums
    group by experiment
),

stopped as (
    select
        experiment,
        arm
    from balance
    where verdict = 'stop'
)

{{ rows_from_python("experiment_metric_results", [
    "experiments", "metrics", "sums", "states", "stopped"
], {
    "experiment": "varchar", "metric": "varchar", "arm": "varchar", "cell": "varchar",
    "method": "varchar", "role": "varchar", "kind": "varchar", "as_of_date": "date",
    "is_final": "boolean",
    "units": "bigint", "users": "bigint", "active_units": "bigint", "value": "double",
    "control_units": "bigint", "control_users": "bigint",
    "control_active_units": "bigint", "control_value": "double",
    "cut_value": "double", "cut_users": "bigint", "largest": "double",
    "estimate": "double", "standard_error": "double",
    "lower": "double", "upper": "double", "level": "double", "p_value": "double",
    "variance_saved": "double", "verdict": "varchar",
}, settings=["experiment_tuning_users"]) }}
