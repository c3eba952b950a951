-- Of each score the lowest band begins at 1, none above 100, and no two alike: so it is
-- in one band from 1 to 100, and every band can be reached.
with

score_bands as (select * from {{ ref("score_bands") }}),

score_groups as (select * from {{ ref("score_groups") }})

select
    score_groups.score,
    min(score_bands.min_score) as lowest_min_score,
    max(score_bands.min_score) as highest_min_score
from score_groups
left join score_bands
    on score_groups.score is not distinct from score_bands.score
group by score_groups.score, score_groups.rule_group
having
    coalesce(min(score_bands.min_score) <> 1 or max(score_bands.min_score) > 100, true)
    or count(distinct score_bands.min_score) < count(*)
