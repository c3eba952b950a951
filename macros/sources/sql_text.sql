{# A value as an SQL text literal. #}
{% macro sql_text(value) -%}
    {{ text_literal(value | string) }}
{%- endmacro %}

{# The name of a file as an SQL text: DuckDB takes it for a pattern, so that a bracket in it
   is escaped. #}
{% macro file_text(file) -%}
    {{ sql_text(modules.re.sub("[*?\\[]", "[\\g<0>]", file)) }}
{%- endmacro %}

{# Values as an SQL list of text literals. #}
{% macro sql_list(values) -%}
    [{% for value in values %}{{ sql_text(value) }}{{ ", " if not loop.last }}{% endfor %}]
{%- endmacro %}

{# Values as literals for `in`, which holds for nothing if there are none. #}
{% macro sql_values(values) -%}
    {% for value in values %}{{ sql_text(value) }}{{ ", " if not loop.last }}{% else %}null{% endfor %}
{%- endmacro %}

{# A text as a value of a type, or NULL where there is none. #}
{% macro text_or_null(value, type="string") -%}
    cast({{ sql_text(value) if value else "null" }} as {{ type }})
{%- endmacro %}
