{{ config(schema="main", meta={"published_order": "user_id"}) }}

-- One row per user at the scoring date who is no customer and had activity: how likely
-- the outcome is in the horizon, as the trained model has it. Empty as long as nothing
-- was trained.
-- The interval is for what users with such a propensity convert at: by the calibration
-- of the model where it was judged, with its error, and by how much dates differ.
{% set trained = propensity_model() or {} %}
{% set calibration = trained.calibration or ["null"] * 5 %}
{% set intercept, slope, of_intercept, of_both, of_slope = calibration %}

with

margins as (select * from {{ ref("int_propensity_margins") }}),

user_scores as (select * from {{ ref("user_scores") }}),

outlook as (select * from {{ ref("int_cell_outlook") }}),

ranked as (
    select
        margins.user_id,
        user_scores.as_of_date,
        margins.margin,
        row_number() over (order by margins.margin desc, margins.user_id) as rank,
        rank() over (order by margins.margin) - 1 as users_below,
        count(*) over () as users,
        {{ intercept }} + {{ slope }} * margins.margin as calibrated,
        sqrt(
            {{ 1.959964 ** 2 }} * abs(
                {{ of_intercept }} + 2 * {{ of_both }} * margins.margin
                + {{ of_slope }} * margins.margin * margins.margin
            )
            + coalesce(outlook.date_error * outlook.date_error, 0)
        ) as half
    from margins
    inner join user_scores
        on margins.user_id = user_scores.user_id
    left join outlook
        on outlook.cell = 'all'
)

select
    user_id,
    as_of_date,
    1 / (1 + exp(-margin)) as propensity,
    1 / (1 + exp(half - least(margin, calibrated))) as lower_propensity,
    1 / (1 + exp(-half - greatest(margin, calibrated))) as upper_propensity,
    margin,
    cast(rank as integer) as rank,
    cast(floor(100.0 * users_below / users) as integer) as percentile,
    cast({{ trained.horizon_days or 0 }} as integer) as horizon_days,
    '{{ trained.version or "" }}' as model_version
from ranked
