-- One row per person to work on as of the scoring date, in order: as many of each
-- band as its `daily_capacity`, who asked for contact first, all of them. A list that
-- is made again for the same day keeps whom it had offered: their places are taken,
-- even of who has been contacted since and is listed no more.
with

candidates as (select * from {{ ref("int_worklist_candidates") }}),

user_scores as (select * from {{ ref("user_scores") }}),

seats as (
    select
        user_scores.*,
        candidates.daily_capacity,
        candidates.last_acted_date,
        candidates.last_offered_date,
        candidates.is_hand_raise,
        candidates.is_rested,
        row_number() over (
            partition by user_scores.band
            order by
                candidates.is_offered_today desc,
                candidates.is_hand_raise desc,
                user_scores.rank
        ) as seat
    from candidates
    inner join user_scores
        on candidates.user_id = user_scores.user_id
    where
        candidates.is_hand_raise
        or candidates.is_rested
        or candidates.is_offered_today
)

select
    cast(row_number() over (order by is_hand_raise desc, rank) as integer) as place,
    user_id,
    as_of_date,
    band,
    score,
    is_hand_raise,
    action,
    reason_1,
    reason_2,
    reason_3,
    next_step,
    news,
    last_offered_date,
    last_acted_date
from seats
where is_hand_raise or is_rested and seat <= daily_capacity
