{# The path in an environment variable, else its default inside the project. #}
{% macro setting_path(variable, default) -%}
    {{ env_var(variable, invocation_args_dict.project_dir ~ "/" ~ default) | replace("\\", "/") }}
{%- endmacro %}
