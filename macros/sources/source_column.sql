{# The SQL expression that yields a canonical column: from the mapping, else the
   column of the same name. #}
{% macro source_column(mapping, column) -%}
    {{ var(mapping).get(column, column) }}
{%- endmacro %}
