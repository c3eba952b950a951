{# The features of the control panel, read from the file while compiling: the columns
   of the feature mart are data. Reading the file rather than the seed works on a fresh
   clone, in docs and in unit tests. #}
{% macro control_panel_features() %}
    {% if not execute %}{{ return([]) }}{% endif %}
    {% set rows = run_query(
        "select feature, measure from read_csv("
        ~ sql_text(control_panel_file("features"))
        ~ ", header = true, all_varchar = true)"
    ) %}
    {{ return(rows.rows) }}
{% endmacro %}
