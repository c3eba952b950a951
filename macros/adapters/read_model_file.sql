{# Rows of a file that `pointwise train` has written beside the model; no rows
   where there is none. `columns` are its columns and their types. #}
{% macro read_model_file(name, columns) %}{{- return(adapter.dispatch("read_model_file")(name, columns)) -}}{% endmacro %}

{% macro default__read_model_file(name, columns) %}
    {% set file = setting_path("POINTWISE_MODEL", "data/model") ~ "/" ~ name %}
    {% set files = run_query("select file from glob(" ~ sql_text(file) ~ ")") if execute %}
    {% if files and files.rows | length > 0 %}
        select * from read_json({{ sql_text(file) }}, columns = {{ columns }})
    {% else %}
        select
            {% for column, type in columns.items() %}
                cast(null as {{ type }}) as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        where false
    {% endif %}
{% endmacro %}
