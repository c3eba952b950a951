{# The n-th least row of a group by these columns, as a struct; the greatest of all if there
   are fewer. No sorting: a group keeps its n least rows only. #}
{% macro nth_least(columns, n) %}{{- return(adapter.dispatch("nth_least")(columns, n)) -}}{% endmacro %}

{% macro default__nth_least(columns, n) -%}
    list_last(
        min(
            struct_pack(
                {%- for column in columns %}
                {{ column.split(".")[-1] }} := {{ column }}{{ "," if not loop.last }}
                {%- endfor %}
            ),
            {{ n }}
        )
    )
{%- endmacro %}
