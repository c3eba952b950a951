{{ config(schema="main", meta={"published_order": "rank"}) }}

-- One row per user of whom rules and model think most differently, with what each of
-- them says. Rank 1 is the greatest difference.
with

explained as (select * from {{ ref("int_users_to_explain") }}),

user_scores as (select * from {{ ref("user_scores") }}),

propensity as (select * from {{ ref("user_propensity") }}),

contributions as (select * from {{ ref("user_propensity_contributions") }}),

strongest as (
    select
        user_id,
        log_odds,
        concat(
            reason,
            ' (odds × ',
            cast(cast(exp(log_odds) as decimal(18, 2)) as varchar),
            ')'
        ) as line,
        row_number() over (
            partition by user_id order by abs(log_odds) desc, feature
        ) as place
    from contributions
    where feature <> 'base'
),

model_reasons as (
    select
        user_id,
        {{ ordered_text("line", order_by="place", separator=". ") }} as reasons
    from strongest
    where place <= 3
    group by user_id
)

select
    explained.disagreement_rank as rank,
    explained.user_id,
    user_scores.as_of_date,
    case
        when explained.score_percentile > explained.propensity_percentile then 'rules'
        else 'model'
    end as higher_by,
    user_scores.score,
    explained.score_percentile,
    propensity.propensity,
    explained.propensity_percentile,
    user_scores.explanation as rules_say,
    concat(
        'Propensity ',
        cast(cast(100 * propensity.propensity as decimal(5, 1)) as varchar),
        ' %. ', coalesce(model_reasons.reasons || '.', '')
    ) as model_says
from explained
inner join user_scores
    on explained.user_id = user_scores.user_id
inner join propensity
    on explained.user_id = propensity.user_id
left join model_reasons
    on explained.user_id = model_reasons.user_id
where explained.is_disagreement
