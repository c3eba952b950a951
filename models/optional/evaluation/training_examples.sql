{{ config(schema="main", meta={"published_order": "user_id, as_of_date"}) }}

-- One row per user and snapshot to learn and to judge from: features and score as of
-- that date, and whether the outcome followed. Who is left out: see int_examples.
with

examples as (select * from {{ ref("int_examples") }}),

features as (select * from {{ ref("user_features") }})

select
    examples.user_id,
    examples.as_of_date,
    examples.is_converted,
    examples.score,
    {{ feature_names("features") }}
from examples
inner join features
    on examples.user_id = features.user_id
    and examples.as_of_date = features.as_of_date
