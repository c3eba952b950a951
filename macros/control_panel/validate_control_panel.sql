{# On-run-start: stop with every mistake of the control panel before anything is built.
   Silent where nothing is built (compile, docs, show, list) or nothing read (--empty). #}
{% macro validate_control_panel() %}
    {% set builds = flags.WHICH in ["build", "run", "seed", "snapshot", "test", "retry"] %}
    {% if not execute or not builds or flags.EMPTY %}{{ return("") }}{% endif %}
    {% set mistakes = run_query(control_panel_mistakes()).columns["line"].values() %}
    {% if mistakes %}
        {{ exceptions.raise_compiler_error(control_panel_error(mistakes)) }}
    {% endif %}
{% endmacro %}

{# The message: the first 20 mistakes and how many more there are. #}
{% macro control_panel_error(mistakes) -%}
    {%- set shown = 20 -%}
    Nothing was built: the control panel has {{ mistakes | length }} mistake{{ "s" if mistakes | length > 1 }}.
{% for line in mistakes[:shown] %}
- {{ line }}
{%- endfor %}
{%- if mistakes | length > shown %}
- and {{ mistakes | length - shown }} more
{%- endif %}
{%- endmacro %}
