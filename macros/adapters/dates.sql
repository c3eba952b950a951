{# Whole days from one date to a later one. #}
{% macro days_between(from_date, to_date) %}
    {{- return(adapter.dispatch("days_between")(from_date, to_date)) -}}
{% endmacro %}

{% macro default__days_between(from_date, to_date) -%}
    ({{ to_date }} - {{ from_date }})
{%- endmacro %}

{# A date so many days after another (before, where negative). #}
{% macro add_days(date, days) %}
    {{- return(adapter.dispatch("add_days")(date, days)) -}}
{% endmacro %}

{% macro default__add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}
