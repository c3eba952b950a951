{# Condition: this row is of a touched day, or of one so many days from it. Files that have
   such days are named too, as `is_of_touched_day` does. #}
{% macro is_near_touched_day(file_days, offsets, names_files=true) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        {%- set days = [] -%}
        {%- for day in touched_values(file_days, "activity_date") -%}
            {%- for offset in offsets -%}
                {%- do days.append(day + modules.datetime.timedelta(days=offset)) -%}
            {%- endfor -%}
        {%- endfor -%}
        {%- set is_near = "activity_date in (" ~ sql_values(days | unique) ~ ")" -%}
        {{ is_near }}
        {%- if names_files %}
            {%- set files = run_query(
                "select distinct file from " ~ file_days ~ " where " ~ is_near ~ " order by file"
            ).columns[0].values() %} and file in ({{ sql_values(files) }})
        {%- endif %}
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete the rows of such days; nothing on a first or full build. #}
{% macro delete_near_touched_days(file_days, offsets) %}
    {% if execute and is_incremental() %}
        delete from {{ this }} where {{ is_near_touched_day(file_days, offsets, names_files=false) }}
    {% endif %}
{% endmacro %}
