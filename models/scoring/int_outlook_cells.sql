-- One row per range of scores whose conversion is asked for: the bands, and for each
-- score that was measured the range up to it and the one from it, with so many people
-- that ten of all would convert. Who has a higher score converts more: so a range up to
-- a score says what it converts at least at, and one from it at most, whatever its
-- scores differ.
with

bands as (select * from {{ ref("score_bands") }}),

scores as (select * from {{ ref("int_score_fit") }}),

sums as (
    select
        score,
        users,
        sum(users) over (order by score) as users_up_to,
        sum(users) over (order by score desc) as users_from,
        sum(users) over () as all_users,
        all_users / nullif(sum(conversions) over (), 0) as users_a_conversion,
        greatest(
            10 * users_a_conversion, least(100 * users_a_conversion, all_users / 10)
        ) as enough
    from scores
)

select
    concat('band ', band) as cell,
    min_score,
    lead(min_score, 1, 101) over (order by min_score) - 1 as max_score
from bands
union all
select
    concat('up to ', cast(sums.score as varchar)) as cell,
    coalesce(
        max(others.score) filter (
            where sums.users_up_to - others.users_up_to + others.users >= sums.enough
        ),
        1
    ) as min_score,
    sums.score as max_score
from sums
inner join sums as others
    on sums.score >= others.score
group by sums.score
union all
select
    concat('from ', cast(sums.score as varchar)) as cell,
    sums.score as min_score,
    coalesce(
        min(others.score) filter (
            where sums.users_from - others.users_from + others.users >= sums.enough
        ),
        100
    ) as max_score
from sums
inner join sums as others
    on sums.score <= others.score
group by sums.score
