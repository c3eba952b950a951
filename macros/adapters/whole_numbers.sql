{# The whole numbers from 0 to below a limit, as rows of a column `number`. #}
{% macro whole_numbers(limit) %}{{- return(adapter.dispatch("whole_numbers")(limit)) -}}{% endmacro %}

{% macro default__whole_numbers(limit) -%}
    select cast(range as integer) as number from range({{ limit }})
{%- endmacro %}
