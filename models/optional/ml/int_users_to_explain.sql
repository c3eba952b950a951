-- One row per user whose propensity is explained: the likeliest to convert, and those
-- of whom rules and model think most differently.
with

propensity as (select * from {{ ref("user_propensity") }}),

user_scores as (select * from {{ ref("user_scores") }}),

-- Places among those with a propensity, in percent from the bottom; ties share the
-- middle of theirs.
places as (
    select
        propensity.user_id,
        row_number() over (
            order by propensity.margin desc, propensity.user_id
        ) as propensity_rank,
        cast(100.0 * (
            rank() over (order by user_scores.score) - 1
            + count(*) over (partition by user_scores.score) / 2.0
        ) / count(*) over () as decimal(5, 1)) as score_percentile,
        cast(100.0 * (
            rank() over (order by propensity.margin) - 1
            + count(*) over (partition by propensity.margin) / 2.0
        ) / count(*) over () as decimal(5, 1)) as propensity_percentile
    from propensity
    inner join user_scores
        on propensity.user_id = user_scores.user_id
),

ranked as (
    select
        *,
        row_number() over (
            order by abs(propensity_percentile - score_percentile) desc, user_id
        ) as disagreement_rank
    from places
)

select
    user_id,
    score_percentile,
    propensity_percentile,
    cast(disagreement_rank as integer) as disagreement_rank,
    disagreement_rank <= {{ var("disagreement_users") }} as is_disagreement
from ranked
where
    propensity_rank <= {{ var("propensity_explained_users") }}
    or disagreement_rank <= {{ var("disagreement_users") }}
