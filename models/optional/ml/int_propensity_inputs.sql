-- One row per user at the scoring date who is no customer and had activity, as those
-- whom the trained model has learned from: the numbers it computes with, in its order.
-- An attribute is a column of 0 and 1 for each value that the model knows. No rows
-- without a model.
{{ config(materialized="view") }}

{% set trained = propensity_model() %}

with

features as (select * from {{ ref("user_features") }}),

user_scores as (select * from {{ ref("user_scores") }})

select
    features.user_id,
    {% for feature, equals in (trained or {}).columns or [] -%}
        cast(
            features.{{ feature }}
            {{- " is not distinct from " ~ sql_text(equals) if equals is not none }} as float
        ) as input_{{ loop.index }},
    {% endfor -%}
    {{ sql_text(trained.file) if trained else "null" }} as model_file
from features
inner join user_scores
    on features.user_id = user_scores.user_id
    and features.as_of_date = user_scores.as_of_date
where user_scores.percentile is not null and {{ "true" if trained else "false" }}
