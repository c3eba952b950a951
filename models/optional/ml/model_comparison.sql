{{ config(schema="main", meta={"published_order": "population, model, figure"}) }}

-- One row per population, model and figure: every model on the same test examples, as
-- the training of the model in use found it. Empty as long as nothing was trained.
with

comparison as (select * from {{ ref("stg_model_comparison") }})

select
    population,
    model,
    figure,
    value,
    low,
    high,
    examples,
    converted,
    users
from comparison
