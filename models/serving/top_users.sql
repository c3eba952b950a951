-- The people to talk to, best first; customers are left out: from top_users(20). So are
-- unknown visitors and who is held out, unless asked for: from top_users(20,
-- with_visitors := true, with_held_out := true);
-- Where a terminal is narrow, DuckDB leaves out columns in the middle: what matters
-- stands at the ends.
{{
    config(
        materialized="table_function",
        parameters=["how_many", "with_visitors := false", "with_held_out := false"],
    )
}}

with

user_scores as (select * from {{ ref("user_scores") }})

select
    rank,
    user_id,
    score,
    is_named,
    next_step,
    action,
    band,
    news,
    concat_ws(
        '; ', reason_1, reason_2, reason_3,
        printf('everything else (%+d)', other_points)
    ) as why
from user_scores
where
    not is_customer
    and (is_named or with_visitors)
    and (not is_held_out or with_held_out)
order by rank
limit how_many
