{# The id of an event that came without one: a hash of what it says. When it was
   received is left out, so that a second delivery is the same event. #}
{% macro content_hash() -%}
    md5(concat_ws(
        chr(31)
        {%- for column in [
            "user_id", "occurred_at", "source_event", "session_id", "page_path",
            "duration_seconds", "amount", "channel", "device", "country",
        ] %}, coalesce(cast({{ column }} as varchar), ''){% endfor %}
    ))
{%- endmacro %}
