{# A feature's value as people write it, or what it means that there is none. #}
{% macro value_or_absence() -%}
    coalesce(
        feature_values.text_value,
        {{ display_number("feature_values.undecayed_value") }},
        case features.measure
            when 'attribute' then 'unknown'
            when 'days_since_last' then 'never'
            else '0'
        end
    )
{%- endmacro %}
