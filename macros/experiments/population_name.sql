{# The first experiment that asks for the same users and for the same outcome of theirs:
   what is alike is worked out once. #}
{% macro population_name() -%}
    min(experiment) over (
        partition by
            bands, feature, min_value, max_value, equals, stratify_by,
            outcome_event_type, horizon_days, status = 'ended'
    )
{%- endmacro %}
