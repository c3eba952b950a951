{{ config(schema="main", meta={"published_order": "model, hundredth"}) }}

-- One row per model and hundredth of the test examples, the highest predictions first:
-- what ROC, lift and calibration of every model are drawn from. Empty as long as
-- nothing was trained.
with

curves as (select * from {{ ref("stg_model_curves") }})

select
    model,
    hundredth,
    examples,
    predicted_rate,
    conversion_rate,
    converted_share,
    others_share
from curves
