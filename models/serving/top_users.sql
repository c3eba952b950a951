-- The people to talk to, best first; customers are left out: from top_users(20). So are
-- unknown visitors, unless asked for: from top_users(20, with_visitors := true);
{{
    config(
        materialized="table_function",
        parameters=["how_many", "with_visitors := false"],
    )
}}

with

user_scores as (select * from {{ ref("user_scores") }})

select
    rank,
    user_id,
    score,
    band,
    reason_1,
    reason_2,
    reason_3,
    other_points,
    action,
    next_step,
    is_named
from user_scores
where not is_customer and (is_named or with_visitors)
order by rank
limit how_many
