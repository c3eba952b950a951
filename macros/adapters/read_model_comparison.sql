{# The comparison that scripts/train_propensity.py has written beside the model, a row a
   figure; no rows where there is none. #}
{% macro read_model_comparison() %}{{- return(adapter.dispatch("read_model_comparison")()) -}}{% endmacro %}

{% macro default__read_model_comparison() %}
    {% set file = setting_path("POINTWISE_MODEL", "data/model") ~ "/comparison.json" %}
    {% set files = run_query("select file from glob(" ~ sql_text(file) ~ ")") if execute %}
    {% set columns = {
        "population": "varchar", "model": "varchar", "figure": "varchar",
        "value": "double", "low": "double", "high": "double",
        "examples": "integer", "converted": "integer", "users": "integer",
    } %}
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
