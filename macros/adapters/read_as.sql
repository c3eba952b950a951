{# A source expression read as a type: NULL where that fails. Casts go directly from
   the source's type, since a detour over text would keep Parquet files from being
   pruned. Only text is read as a time with a zone first, so that offsets count. #}
{% macro read_as(expression, type) %}{{- return(adapter.dispatch("read_as")(expression, type)) -}}{% endmacro %}

{% macro default__read_as(expression, type) -%}
    {%- if type == "timestamp" -%}
        case typeof({{ expression }})
            when 'VARCHAR' then cast(try_cast({{ expression }} as timestamptz) as timestamp)
            else try_cast({{ expression }} as timestamp)
        end
    {%- else -%}
        try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}
