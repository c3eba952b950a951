-- One row per feature and age in days inside its window, with the weight of a day of
-- that age: 1, or with a half-life 0.5 ^ (age / half-life) rounded to nine decimals, so
-- that sums are exact.
with

features as (select * from {{ ref("features") }}),

ages as ({{ whole_numbers(var("look_back_days")) }}),

weights as ({{ feature_weights("features", "ages") }})

select
    feature,
    event_type,
    measure,
    age_days,
    is_first_day,
    weight
from weights
