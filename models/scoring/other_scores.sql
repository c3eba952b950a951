{{ config(schema="main", meta={"published_order": "user_id, as_of_date, score_name"}) }}

-- One row per user, as-of date and score beside intent, such as fit: the score, and the
-- band it lies in. None where the panel has one score.
with

contributions as (select * from {{ ref("score_contributions") }}),

bands as (select * from {{ ref("score_bands") }}),

scores as (
    select
        user_id,
        as_of_date,
        score_name,
        cast(sum(points) as integer) as score
    from contributions
    where score_name <> 'intent'
    group by user_id, as_of_date, score_name
),

bands_with_ends as (
    select
        band,
        score as score_name,
        min_score,
        lead(min_score, 1, 101) over (partition by score order by min_score)
            as next_min_score
    from bands
)

select
    scores.user_id,
    scores.as_of_date,
    scores.score_name,
    scores.score,
    bands_with_ends.band
from scores
inner join bands_with_ends
    on scores.score_name = bands_with_ends.score_name
    and scores.score >= bands_with_ends.min_score
    and scores.score < bands_with_ends.next_min_score
