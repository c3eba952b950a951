-- One row per explained user and feature, attributes put together again, with what it
-- adds to the log-odds; the row `base` holds the rest, so that they sum to the margin.
with

effects as (select * from {{ ref("int_propensity_effects") }}),

propensity as (select * from {{ ref("user_propensity") }}),

-- depends_on: {{ ref("int_propensity_inputs") }}
inputs as (
    {% for feature, equals in (propensity_model() or {}).columns or [] -%}
        select
            {{ loop.index }} as input_number,
            '{{ feature }}' as feature
        union all
    {% endfor -%}
    select
        0 as input_number,
        '' as feature
),

-- In decimals, since sums of floating-point numbers depend on their order.
by_feature as (
    select
        effects.user_id,
        inputs.feature,
        sum(cast(effects.log_odds as decimal(18, 6))) as log_odds
    from effects
    inner join inputs
        on effects.input_number = inputs.input_number
    group by effects.user_id, inputs.feature
),

with_base as (
    select * from by_feature
    union all
    select
        by_feature.user_id,
        'base' as feature,
        cast(propensity.margin as decimal(18, 6)) - sum(by_feature.log_odds)
            as log_odds
    from by_feature
    inner join propensity
        on by_feature.user_id = propensity.user_id
    group by by_feature.user_id, propensity.margin
)

select
    user_id,
    feature,
    cast(log_odds as decimal(18, 6)) as log_odds
from with_base
where log_odds <> 0
