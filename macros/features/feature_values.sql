{# Numbers of features from activity inside their windows: sums, or the age of the last
   day. Minutes are divided once, at the end: half an hour in many pieces is 30. #}
{% macro feature_numbers(activity_in_window, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys) }},
        feature,
        case
            when measure = 'days_since_last' then min(age_days)
            when measure = 'minutes' then {{ minutes("sum(quantity * weight)") }}
            else sum(quantity * weight)
        end as value,
        case
            when measure = 'days_since_last' then min(age_days)
            when measure = 'minutes' then {{ minutes("sum(quantity)") }}
            else sum(quantity)
        end as undecayed_value
    from {{ activity_in_window }}
    group by {{ key_columns(keys) }}, feature, measure
{% endmacro %}

{# Seconds as minutes, both to nine decimals: whole numbers are divided, so that no half is
   rounded by chance. #}
{% macro minutes(seconds) -%}
    cast(
        (cast(cast({{ seconds }} as decimal(28, 9)) * 1000000000 as hugeint) + 30) // 60
        as decimal(28, 0)
    ) * 0.000000001
{%- endmacro %}

{# Profile attributes as of dates: `recency` 1 is the last value known by then. #}
{% macro attributes_as_of(
    as_of_dates, user_attributes, features, keys=["user_id", "as_of_date"]
) %}
    select
        {{ key_columns(keys, of="as_of_dates") }},
        features.feature,
        user_attributes.value,
        row_number() over (
            partition by {{ key_columns(keys, of="as_of_dates") }}, features.feature
            order by user_attributes.valid_from desc nulls last
        ) as recency
    from {{ as_of_dates }} as as_of_dates
    inner join {{ user_attributes }} as user_attributes
        on as_of_dates.user_id = user_attributes.user_id
        and (
            user_attributes.valid_from is null
            or as_of_dates.as_of_date >= user_attributes.valid_from
        )
    inner join {{ features }} as features
        on user_attributes.attribute = features.feature
        and features.measure = 'attribute'
{% endmacro %}

{# Values of all features: numbers, and attributes as text. #}
{% macro feature_values(
    numbers, attributes_as_of, keys=["user_id", "as_of_date"]
) %}
    select
        {{ key_columns(keys) }},
        feature,
        cast(value as decimal(28, 9)) as value,
        cast(undecayed_value as decimal(28, 4)) as undecayed_value,
        cast(null as varchar) as text_value
    from {{ numbers }}
    union all
    select
        {{ key_columns(keys) }},
        feature,
        cast(null as decimal(28, 9)) as value,
        cast(null as decimal(28, 4)) as undecayed_value,
        value as text_value
    from {{ attributes_as_of }}
    where recency = 1
{% endmacro %}
