{{ config(schema="main", meta={"published_order": "experiment, arm, cell, method"}) }}

-- One row per experiment, arm other than the control, cell (all users, or a band) and
-- method: the effect, and what it says. Where an arm lost users so unevenly that chance
-- would do it once in a thousand, effects are suppressed. Until all outcomes are known,
-- only the always valid interval decides; then the stratified one with the score does.
-- Both share one alpha, and so do arms, and bands.
-- By pointwise.experiments.readout.
with

experiments as (select * from {{ ref("experiments") }}),

metrics as (select * from {{ ref("experiment_metrics") }}),

sums as (select * from {{ ref("int_experiment_sums") }}),

balance as (select * from {{ ref("experiment_balance") }}),

stopped as (
    select
        experiment,
        arm
    from balance
    where verdict = 'stop'
)

{{ rows_from_python("experiment_results", [
    "experiments", "metrics", "sums", "stopped"
], {
    "experiment": "varchar",
    "arm": "varchar",
    "cell": "varchar",
    "method": "varchar",
    "as_of_date": "date",
    "is_final": "boolean",
    "users": "bigint",
    "conversions": "bigint",
    "control_users": "bigint",
    "control_conversions": "bigint",
    "estimate": "double",
    "lower": "double",
    "upper": "double",
    "level": "double",
    "p_value": "double",
    "width_ratio": "double",
    "variance_saved": "double",
    "verdict": "varchar",
}, settings=["experiment_tuning_users"]) }}
