-- One row per user with a propensity: the prediction that a publication records, to be
-- held against what follows. No rows without a model.
{{ config(materialized="view") }}

with

propensity as (select * from {{ ref("user_propensity") }})

select
    user_id,
    as_of_date,
    cast(propensity as decimal(9, 8)) as propensity,
    model_version,
    {{ sql_text(outcome_terms().words) }} as outcome,
    horizon_days
from propensity
