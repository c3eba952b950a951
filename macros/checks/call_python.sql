{# The answer of a function of scripts/pointwise/sql_functions.py; ends the run with its error. #}
{% macro call_python(name, arguments={}) %}
    {% if not execute %}{{ return(none) }}{% endif %}
    {% set answer = fromjson(answer_of_python(name, arguments)) %}
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
    {{ panel_rows(asked, types) }}
{% endmacro %}
