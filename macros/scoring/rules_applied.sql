{# Features for which a rule allows zero: those absent count as zero there. #}
{% macro features_allowing_zero(rules, features) %}
    select rules.feature
    from {{ rules }} as rules
    inner join {{ features }} as features
        on rules.feature = features.feature
    where
        features.measure not in ('days_since_last', 'attribute')
        and rules.per is null
        and coalesce(rules.min_value, 0) <= 0
        and coalesce(rules.max_value, 0) >= 0
    group by rules.feature
{% endmacro %}

{# Zeros for the features that a user has no value of, where a rule allows zero. #}
{% macro zero_values(
    as_of_dates, features_allowing_zero, feature_values, keys=["user_id", "as_of_date"]
) %}
    select
        {{ key_columns(keys, of="as_of_dates") }},
        features_allowing_zero.feature,
        cast(0 as decimal(28, 9)) as value,
        cast(0 as decimal(28, 4)) as undecayed_value,
        cast(null as varchar) as text_value
    from {{ as_of_dates }} as as_of_dates
    cross join {{ features_allowing_zero }} as features_allowing_zero
    left join {{ feature_values }} as feature_values
        on {{ same_keys("as_of_dates", "feature_values", keys) }}
        and features_allowing_zero.feature = feature_values.feature
    where feature_values.feature is null
{% endmacro %}

{# Rules that apply to values of features, with their points before group caps. #}
{% macro rules_applied(feature_values, rules, keys=["user_id", "as_of_date"]) %}
    select
        {{ key_columns(keys, of="feature_values") }},
        rules.rule,
        rules.rule_group,
        {{ rule_points("feature_values.value") }} as points,
        coalesce(
            feature_values.text_value,
            {{ display_number("feature_values.undecayed_value") }}
        ) as value,
        rules.reason
    from {{ feature_values }} as feature_values
    inner join {{ rules }} as rules
        on feature_values.feature = rules.feature
        and (rules.equals is null or lower(feature_values.text_value) = lower(rules.equals))
        and (rules.min_value is null or feature_values.value >= rules.min_value)
        and (rules.max_value is null or feature_values.value <= rules.max_value)
{% endmacro %}
