{# Schemas are used as they are written: `main` for what people read, `internal`
   for everything else. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
