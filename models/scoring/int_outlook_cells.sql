-- One row per range of scores whose conversion is asked for: bands; grades, a band of
-- intent with one of fit; all scores; and of each measured score, up to it and from it,
-- as many people as convert twenty times, as fitted, or 5 % of all who do, at most 100.
-- Who has a higher score converts more: up to it at least as many, from it at most.
{% set expected = "cast(users * conversion_rate as decimal(28, 9))" %}
with

bands as (select * from {{ ref("score_bands") }}),

grades as (select * from {{ ref("score_grades") }}),

scores as (select * from {{ ref("int_score_fit") }}),

ranges as (
    select
        band,
        min_score,
        lead(min_score, 1, 101) over (order by min_score) - 1 as max_score
    from bands
    where score is null
),

sums as (
    select
        score,
        {{ expected }} as expected,
        sum({{ expected }}) over (order by score) as up_to_it,
        sum({{ expected }}) over (order by score desc) as from_it,
        greatest(20, least(100, sum({{ expected }}) over () / 20)) as enough
    from scores
)

select
    concat('band ', band) as cell,
    min_score,
    max_score,
    cast(null as string) as fit_band
from ranges
union all
select
    concat('grade ', grades.grade) as cell,
    ranges.min_score,
    ranges.max_score,
    grades.fit_band
from grades
inner join ranges on grades.intent_band = ranges.band
union all
select
    'all' as cell,
    1 as min_score,
    100 as max_score,
    null as fit_band
union all
select
    concat('up to ', cast(sums.score as string)) as cell,
    coalesce(
        max(others.score) filter (
            where sums.up_to_it - others.up_to_it + others.expected >= sums.enough
        ),
        1
    ) as min_score,
    sums.score as max_score,
    null as fit_band
from sums
inner join sums as others on sums.score >= others.score
group by sums.score
union all
select
    concat('from ', cast(sums.score as string)) as cell,
    sums.score as min_score,
    coalesce(
        min(others.score) filter (
            where sums.from_it - others.from_it + others.expected >= sums.enough
        ),
        100
    ) as max_score,
    null as fit_band
from sums
inner join sums as others on sums.score <= others.score
group by sums.score
