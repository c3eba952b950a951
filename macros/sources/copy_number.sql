{# Numbers the copies of an event within its day: rows of one event id, person and event
   name. Which one counts depends on what they say
   only, never on the order in which they came; the file decides between equal ones. #}
{% macro copy_number(events) -%}
    row_number() over (
        partition by
            {{ events }}.activity_date, {{ events }}.event_id, {{ events }}.user_id,
            {{ events }}.source_event
        order by
            {{ events }}.occurred_at, {{ events }}.received_at nulls last, {{ events }}.duration_seconds nulls last,
            {{ events }}.amount nulls last, {{ events }}.session_id nulls last,
            {{ events }}.file, {{ events }}.file_row
    )
{%- endmacro %}
