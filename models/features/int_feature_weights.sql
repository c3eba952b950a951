-- One row per feature and age in days inside its window, with the weight of a day of
-- that age: 1, or with a half-life 0.5 ^ (age / half-life) rounded to nine decimals, so
-- that sums are exact.
with

features as (select * from {{ ref("features") }}),

ages as (
    select row_number() over (order by number) - 1 as age_days
    from ({% for number in range(var("look_back_days")) %}select {{ number }} as number{{ " union all " if not loop.last }}{% endfor %}) as numbers
)

select
    features.feature,
    features.event_type,
    features.measure,
    cast(ages.age_days as integer) as age_days,
    cast(
        coalesce(power(0.5, ages.age_days / cast(features.half_life_days as double)), 1)
        as decimal(18, 9)
    ) as weight
from features
inner join ages
    on features.window_days > ages.age_days
