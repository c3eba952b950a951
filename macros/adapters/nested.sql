{# A list of the rows of a group, each a struct of columns, in a given order. #}
{% macro list_of_rows(columns, order_by) %}
    {{- return(adapter.dispatch("list_of_rows")(columns, order_by)) -}}
{% endmacro %}

{% macro default__list_of_rows(columns, order_by) -%}
    list(
        struct_pack(
            {%- for column in columns %}
            {{ column }} := {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        )
        order by {{ order_by }}
    )
{%- endmacro %}

{# The items of a list, a row each. #}
{% macro unnested(list) %}{{- return(adapter.dispatch("unnested")(list)) -}}{% endmacro %}

{% macro default__unnested(list) -%}
    unnest({{ list }})
{%- endmacro %}

{# Columns as a JSON object of texts. #}
{% macro as_json(columns) %}{{- return(adapter.dispatch("as_json")(columns)) -}}{% endmacro %}

{% macro default__as_json(columns) -%}
    cast(
        to_json(
            struct_pack(
                {%- for column in columns %}
                {{ column }} := cast({{ column }} as varchar){{ "," if not loop.last }}
                {%- endfor %}
            )
        ) as varchar
    )
{%- endmacro %}

{# A fingerprint of the rows of a group that does not depend on their order: the same
   for the same set of texts. #}
{% macro fingerprint(expression) %}{{- return(adapter.dispatch("fingerprint")(expression)) -}}{% endmacro %}

{% macro default__fingerprint(expression) -%}
    cast(bit_xor(md5_number_lower({{ expression }})) as varchar)
{%- endmacro %}
