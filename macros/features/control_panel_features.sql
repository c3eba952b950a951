{# The features of the control panel, name and measure, while compiling: the columns of the
   feature mart are data. Read from the file rather than the table, which is not there on a
   fresh clone, in docs and in unit tests. #}
{% macro control_panel_features() %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set features = call_python(
        "panel_features", {"project_dir": invocation_args_dict.project_dir}
    ) %}
    {% set rows = [] %}
    {% for row in features %}{% do rows.append([row.feature, row.measure]) %}{% endfor %}
    {{ return(rows) }}
{% endmacro %}
