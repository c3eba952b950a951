{# Days that are touched, or lie so many days from one, as literals. #}
{% macro days_near_touched(file_days, offsets) %}
    {% set days = [] %}
    {% for day in touched_values(file_days, "activity_date") %}
        {% for offset in offsets %}
            {% do days.append(day + modules.datetime.timedelta(days=offset)) %}
        {% endfor %}
    {% endfor %}
    {{ return(sql_values(days | unique)) }}
{% endmacro %}

{# Condition: this row is of such a day. #}
{% macro is_near_touched_day(file_days, offsets) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        activity_date in ({{ days_near_touched(file_days, offsets) }})
    {%- endif -%}
{%- endmacro %}

{# Condition on rows of event files: the same. The files that have such days are named too,
   so that no other file is read. #}
{% macro is_event_near_touched_day(events, file_days, offsets=[0]) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        {%- set is_near = "activity_date in (" ~ days_near_touched(file_days, offsets) ~ ")" -%}
        {{ events }}.{{ is_near }}
        and {{ is_among(events ~ ".file", file_days, column="file", where=is_near) }}
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete the rows of such days; nothing on a first or full build. #}
{% macro delete_near_touched_days(file_days, offsets) %}
    {% if execute and is_incremental() %}
        delete from {{ this }} where {{ is_near_touched_day(file_days, offsets) }}
    {% endif %}
{% endmacro %}
