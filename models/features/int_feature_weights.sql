-- One row per feature and age in days inside its window, with the weight of a day of
-- that age: 1, or with a half-life 0.5 ^ (age / half-life) rounded to nine decimals, so
-- that sums are exact.
with

features as (select * from {{ ref("features") }}),

ages as ({{ whole_numbers(var("look_back_days")) }})

select
    features.feature,
    features.event_type,
    features.measure,
    ages.number as age_days,
    cast(
        coalesce(power(0.5, ages.number / cast(features.half_life_days as double)), 1)
        as decimal(10, 9)
    ) as weight
from features
inner join ages
    on features.window_days > ages.number
