{# Condition: an event of this type may feed features. A one-time outcome may not. #}
{% macro is_feature_event(event_type) -%}
    {% if var("outcome_is_repeatable") -%}
        true
    {%- else -%}
        {{ event_type }} <> '{{ var("outcome_event_type") }}'
    {%- endif %}
{%- endmacro %}
