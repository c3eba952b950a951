{{ config(schema="main", meta={"published_order": "experiment, arm, look_date"}) }}

-- One row per experiment, arm other than the control, and day on which outcomes became
-- known: the difference so far, with an interval for someone who looks once, on that
-- day, and one for someone who looks every day and stops whenever they like. By
-- pointwise.experiments.readout.
with

experiments as (select * from {{ ref("experiments") }}),

sums as (select * from {{ ref("int_experiment_sums") }})

{{ rows_from_python("experiment_looks", ["experiments", "sums"], {
    "experiment": "varchar",
    "arm": "varchar",
    "look_date": "date",
    "users": "bigint",
    "conversions": "bigint",
    "control_users": "bigint",
    "control_conversions": "bigint",
    "difference": "double",
    "lower": "double",
    "upper": "double",
    "always_valid_lower": "double",
    "always_valid_upper": "double",
}, settings=["experiment_tuning_users"]) }}
