{# The folder of the control panel, as dbt finds it: relative to the project. #}
{% macro control_panel_folder() -%}
    {%- set folder = (env_var("POINTWISE_CONTROL", "seeds") | replace("\\", "/")).rstrip("/") -%}
    {%- set is_absolute = folder[:1] == "/" or folder[1:2] == ":" -%}
    {{ folder if is_absolute else (invocation_args_dict.project_dir | replace("\\", "/")) ~ "/" ~ folder }}
{%- endmacro %}

{# The absolute path of one of its CSV files. #}
{% macro control_panel_file(name) -%}
    {{ control_panel_folder() }}/{{ name }}.csv
{%- endmacro %}

{# How a message calls a file: seeds/features.csv. #}
{% macro control_panel_label(name) -%}
    {%- if name == "dbt_project" -%}
        dbt_project.yml
    {%- else -%}
        {{ (env_var("POINTWISE_CONTROL", "seeds") | replace("\\", "/")).rstrip("/") }}/{{ name }}.csv
    {%- endif -%}
{%- endmacro %}
