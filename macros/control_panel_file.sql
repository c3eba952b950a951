{# The path of a CSV of the control panel. #}
{% macro control_panel_file(name) %}
    {% set folder = env_var("POINTWISE_CONTROL", "seeds") %}
    {% set is_absolute = folder.startswith("/") or folder[1:2] == ":" %}
    {{ return(
        (folder if is_absolute else invocation_args_dict.project_dir ~ "/" ~ folder)
        ~ "/" ~ name ~ ".csv"
    ) }}
{% endmacro %}
