{# Takes the place of dbt's var(), as its `builtins` allow: settings.yml in POINTWISE_HOME
   goes before dbt_project.yml, and `--vars` before both. Unit tests see the project's. #}
{% macro var(name) %}
    {% if execute and env_var("POINTWISE_HOME", "") | trim and (model is not defined or model.resource_type != "unit_test") %}
        {% set settings = call_python(
            "home_settings", {"project_dir": invocation_args_dict.project_dir}
        ) %}
        {% if name in settings %}{{ return(settings[name]) }}{% endif %}
    {% endif %}
    {{ return(builtins.var(name, *varargs, **kwargs)) }}
{% endmacro %}
