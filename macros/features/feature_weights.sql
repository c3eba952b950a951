{# What a day counts for: a row a feature and age in days inside its window, with 1, or
   with a half-life 0.5 ^ (age / half-life) rounded to nine decimals, so that sums are
   exact. #}
{% macro feature_weights(features, ages) %}
    select
        features.feature,
        features.event_type,
        features.measure,
        ages.number as age_days,
        ages.number = features.window_days - 1 as is_first_day,
        cast(
            coalesce(power(0.5, ages.number / cast(features.half_life_days as double)), 1)
            as decimal(10, 9)
        ) as weight
    from {{ features }} as features
    inner join {{ ages }} as ages
        on features.window_days > ages.number
{% endmacro %}
