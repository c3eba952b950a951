{# The SQL expression that yields a canonical column: from the mapping, else the
   column of the same name. #}
{% macro source_column(mapping, column) -%}
    {{ mapping_var(mapping).get(column, column) }}
{%- endmacro %}

{# A canonical event column, read as a type from where the mapping says. #}
{% macro event_column(column, type, source_type="") -%}
    {{ read_as(source_column("event_columns", column), type, source_type) }}
{%- endmacro %}

{# The same for a column of the users file. #}
{% macro user_column(column, type, source_type="") -%}
    {{ read_as(source_column("user_columns", column), type, source_type) }}
{%- endmacro %}
