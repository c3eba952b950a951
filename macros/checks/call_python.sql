{# The answer of a function of scripts/pointwise/dbt_plugin.py; ends the run with its error. #}
{% macro call_python(name, arguments={}) %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set answer = fromjson(run_query(
        "select pointwise_" ~ name ~ "(" ~ sql_text(tojson(arguments)) ~ ")"
    ).columns[0].values()[0]) %}
    {% if answer.error %}{{ exceptions.raise_compiler_error(answer.error) }}{% endif %}
    {{ return(answer.value) }}
{% endmacro %}
