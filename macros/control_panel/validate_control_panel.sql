{# On-run-start: stop with every mistake of control panel and settings before anything is
   built. Silent where nothing is built (compile, docs, show, list) or nothing read
   (--empty). #}
{% macro validate_control_panel() %}
    {% set builds = flags.WHICH in ["build", "run", "seed", "snapshot", "test", "retry"] %}
    {% if not execute or not builds or flags.EMPTY %}{{ return("") }}{% endif %}
    {% set mistakes = call_python("mistakes", {
        "project_dir": invocation_args_dict.project_dir,
        "recorded": fromjson(run_query(recorded_arms()).columns[0].values()[0]),
    }) %}
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

{# Users, control and arms of every experiment that has users, as one JSON text. #}
{% macro recorded_arms() %}
    select coalesce(to_json(list(recorded)), '[]')
    from (
        select
            experiment,
            count(*) as users,
            max(arm) filter (where is_control) as control,
            list_sort(list(distinct concat(arm, ':', share))) as arms
        from {{ recorded_assignments() }} as assignments
        group by experiment
    ) as recorded
{% endmacro %}
