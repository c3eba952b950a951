{{ config(schema="main", meta={"published_order": "rank"}) }}

-- One row per person at the scoring date: the score, what it means, and why, in points.
with

scores as (select * from {{ ref("int_current_scores") }}),

reasons as (select * from {{ ref("int_score_reasons") }}),

next_steps as (select * from {{ ref("int_next_steps") }}),

outlook as (select * from {{ ref("score_band_outlook") }}),

score_outlook as (select * from {{ ref("score_outlook") }}),

weights as (select * from {{ ref("int_weights_version") }}),

recorded as ({{ recorded_scores() }}),

ranked as (
    select
        *,
        not is_customer and has_activity as is_measured,
        row_number() over (order by score desc, user_id) as rank,
        rank() over (
            partition by not is_customer and has_activity order by score
        ) - 1 as users_below,
        count(*) over (partition by not is_customer and has_activity) as users
    from scores
),

published as ({{ published_before() }})

select
    ranked.user_id,
    ranked.as_of_date,
    ranked.score,
    ranked.band,
    ranked.action,
    ranked.fit_score,
    ranked.fit_band,
    ranked.grade,
    case when ranked.is_measured then outlook.meaning end as band_meaning,
    score_outlook.conversion_rate,
    score_outlook.lower_rate,
    score_outlook.upper_rate,
    score_outlook.meaning as score_meaning,
    cast(ranked.rank as integer) as rank,
    case
        when ranked.is_measured
            then cast(floor(100e0 * ranked.users_below / ranked.users) as integer)
    end as percentile,
    {% for number in [1, 2, 3] %}
        reasons.reason_{{ number }},
        coalesce(reasons.reason_{{ number }}_points, 0) as reason_{{ number }}_points,
    {% endfor %}
    ranked.score - coalesce(reasons.reason_points, 0) as other_points,
    {{ explanation_text() }} as explanation,
    next_steps.next_step,
    coalesce(next_steps.gain, 0) as next_step_points,
    {{ news_columns() }},
    {{ news_text() }} as news,
    ranked.is_customer,
    ranked.is_named,
    ranked.is_held_out,
    weights.weights_version
from ranked
left join outlook
    on ranked.band = outlook.band
left join score_outlook
    on ranked.score = score_outlook.score
    and ranked.is_measured
left join reasons
    on ranked.user_id = reasons.user_id
left join next_steps
    on ranked.user_id = next_steps.user_id
left join published
    on ranked.user_id = published.user_id
cross join weights
