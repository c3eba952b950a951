{# Text of all rows, joined in a given order. #}
{% macro ordered_text(expression, order_by, separator=" ") %}
    {{- return(adapter.dispatch("ordered_text")(expression, order_by, separator)) -}}
{% endmacro %}

{% macro default__ordered_text(expression, order_by, separator) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}
