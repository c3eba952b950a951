-- The lowest band begins at 1 and none above 100, so that every score from 1 to 100
-- falls in a band and every band can be reached.
with

score_bands as (select * from {{ ref("score_bands") }})

select
    min(min_score) as lowest_min_score,
    max(min_score) as highest_min_score
from score_bands
having coalesce(min(min_score) <> 1 or max(min_score) > 100, true)
