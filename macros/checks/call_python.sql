{# The answer of a function of scripts/pointwise/sql_functions.py; ends the run with its error. #}
{% macro call_python(name, arguments={}) %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set answer = fromjson(run_query(
        "select pointwise_" ~ name ~ "(" ~ sql_text(tojson(arguments)) ~ ")"
    ).columns[0].values()[0]) %}
    {% if answer.error %}{{ exceptions.raise_compiler_error(answer.error) }}{% endif %}
    {{ return(answer.value) }}
{% endmacro %}

{# A file of the control panel as a table: its rows as Python read them at the beginning of
   the run, with the types that the model's own columns declare. #}
{% macro panel_table() %}
    {% set types = {} %}
    {% for name, column in model.columns.items() if execute %}
        {% do types.update({name: column.data_type}) %}
    {% endfor %}
    {% set asked = {"project_dir": invocation_args_dict.project_dir, "file": model.name} %}
    select unnest(from_json(answered.answer -> 'value', {{ sql_text(tojson([types])) }}), recursive := true)
    from (select pointwise_panel_rows({{ sql_text(tojson(asked)) }}) as answer) as answered
    where
        case
            when answered.answer ->> 'error' is null then {{ "false" if flags.EMPTY else "true" }}
            else {{ raise_error("answered.answer ->> 'error'") }}
        end
{% endmacro %}

{# Query for the rows that a function of pointwise.sql_functions makes of whole relations. It
   gets each as a list of rows, or none, by its name, and settings by theirs. #}
{% macro rows_from_python(name, relations, columns, settings=[]) -%}
    select
        unnest(
            from_json(
                pointwise_{{ name }}(json_object(
                    {%- for relation in relations %}
                    '{{ relation }}', (
                        select to_json(list({{ relation }} order by {{ relation }}))
                        from {{ relation }}
                    )
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
