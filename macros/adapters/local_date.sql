{# The calendar day, in the project's time zone, of a time in UTC. #}
{% macro local_date(utc_time) %}{{- return(adapter.dispatch("local_date")(utc_time)) -}}{% endmacro %}

{% macro default__local_date(utc_time) -%}
    {%- if var("time_zone") == "UTC" -%}
        cast({{ utc_time }} as date)
    {%- else -%}
        cast(({{ utc_time }} at time zone 'UTC') at time zone '{{ var("time_zone") }}' as date)
    {%- endif -%}
{%- endmacro %}
