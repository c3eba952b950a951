-- Ranks run from 1 without gaps and ties, and nobody with a lower score or percentile
-- comes before somebody with a higher one.
with

user_scores as (select * from {{ ref("user_scores") }}),

in_order as (
    select
        user_id,
        rank,
        score,
        percentile,
        row_number() over (order by rank, user_id) as place,
        lag(score) over (order by rank, user_id) as score_before,
        lag(percentile ignore nulls) over (order by rank, user_id) as percentile_before
    from user_scores
)

select *
from in_order
where
    rank <> place
    or score > score_before
    or percentile > percentile_before
    or percentile not between 0 and 99
