{# Query for the rows that a function of pointwise.dbt_plugin makes of whole relations. It
   gets each as a list of rows, or none, by its name, and settings by theirs. #}
{% macro rows_from_python(name, relations, columns, settings=[]) -%}
    select
        unnest(
            from_json(
                pointwise_{{ name }}(json_object(
                    {%- for relation in relations %}
                    '{{ relation }}', (select to_json(list({{ relation }})) from {{ relation }})
                    {{- "," if settings or not loop.last }}
                    {%- endfor %}
                    {%- for setting in settings %}
                    '{{ setting }}', cast({{ sql_text(tojson(var(setting))) }} as json)
                    {{- "," if not loop.last }}
                    {%- endfor %}
                )) -> 'value',
                {{ sql_text(tojson([columns])) }}
            ),
            recursive := true
        )
{%- endmacro %}
