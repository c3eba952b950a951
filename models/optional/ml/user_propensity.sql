{{ config(schema="main", meta={"published_order": "user_id"}) }}

-- One row per user at the scoring date: how likely the outcome is within the horizon,
-- as the trained model has it. Empty as long as nothing was trained.
{% set trained = propensity_model() or {} %}

with

margins as (select * from {{ ref("int_propensity_margins") }}),

user_scores as (select * from {{ ref("user_scores") }}),

ranked as (
    select
        margins.user_id,
        user_scores.as_of_date,
        margins.margin,
        user_scores.is_customer,
        row_number() over (order by margins.margin desc, margins.user_id) as rank,
        rank() over (order by margins.margin) - 1 as users_below,
        count(*) over () as users
    from margins
    inner join user_scores
        on margins.user_id = user_scores.user_id
)

select
    user_id,
    as_of_date,
    1 / (1 + exp(-margin)) as propensity,
    margin,
    cast(rank as integer) as rank,
    cast(floor(100.0 * users_below / users) as integer) as percentile,
    is_customer,
    cast({{ trained.horizon_days or 0 }} as integer) as horizon_days,
    '{{ trained.version or "" }}' as model_version
from ranked
