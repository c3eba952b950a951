{# The absolute path in an environment variable, else its place in POINTWISE_HOME, else its
   default inside the project: scripts/pointwise/core/home.py. An empty variable is none; a
   relative path is relative to the project. #}
{% macro setting_path(variable, default) -%}
    {%- set home = env_var("POINTWISE_HOME", "") | trim -%}
    {%- set in_home = {"seeds": "panel"}.get(default, default | replace("data/raw/", "") | replace("data/", "")) -%}
    {%- set path = (env_var(variable, "") | trim or (home ~ "/" ~ in_home if home else default)) | replace("\\", "/") -%}
    {%- set is_absolute = path[:1] == "/" or path[1:2] == ":" -%}
    {{ path if is_absolute else (invocation_args_dict.project_dir | replace("\\", "/")) ~ "/" ~ path }}
{%- endmacro %}
