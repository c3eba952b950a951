{# The absolute path in an environment variable, else its default inside the project. An
   empty variable is none; a relative path is relative to the project. #}
{% macro setting_path(variable, default) -%}
    {%- set path = (env_var(variable, "") | trim or default) | replace("\\", "/") -%}
    {%- set is_absolute = path[:1] == "/" or path[1:2] == ":" -%}
    {{ path if is_absolute else (invocation_args_dict.project_dir | replace("\\", "/")) ~ "/" ~ path }}
{%- endmacro %}
