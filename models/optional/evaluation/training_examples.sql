{{ config(schema="main", meta={"published_order": "user_id, as_of_date"}) }}

-- One row per user and snapshot to learn and to judge from: features and score as of
-- that date, and whether the outcome followed. Users who had a one-time outcome by then
-- are left out, and those whose label somebody may have changed by acting.
with

outcomes as (select * from {{ ref("user_outcomes") }}),

features as (select * from {{ ref("user_features") }}),

scores as (select * from {{ ref("int_scores") }}),

acted_on as (select * from {{ ref("int_acted_on") }})

select
    outcomes.user_id,
    outcomes.as_of_date,
    outcomes.is_converted,
    scores.score,
    {{ feature_names("features") }}
from outcomes
inner join features
    on outcomes.user_id = features.user_id
    and outcomes.as_of_date = features.as_of_date
inner join scores
    on outcomes.user_id = scores.user_id
    and outcomes.as_of_date = scores.as_of_date
anti join acted_on
    on outcomes.user_id = acted_on.user_id
    and outcomes.as_of_date = acted_on.as_of_date
where not outcomes.is_customer
