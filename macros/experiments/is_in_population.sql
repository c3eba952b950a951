{# Condition: the user meets the experiment's rule on a feature, as a scoring rule would;
   without a rule, everybody does. #}
{% macro is_in_population() -%}
    {%- set value -%}
        coalesce(
            population_values.value,
            case when features.measure not in ('days_since_last', 'attribute') then 0 end
        )
    {%- endset -%}
    case
        when populations.feature is null then true
        when populations.equals is not null
            then coalesce(lower(population_values.text_value) = lower(populations.equals), false)
        else coalesce(
            {{ value }} >= coalesce(populations.min_value, {{ value }})
            and {{ value }} <= coalesce(populations.max_value, {{ value }}),
            false
        )
    end
{%- endmacro %}
