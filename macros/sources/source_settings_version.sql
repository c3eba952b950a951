{# A hash of the settings that change what an event row means. #}
{% macro source_settings_version() -%}
    {{ local_md5(tojson([
        var("event_columns"), var("time_zone"), var("earliest_event_date"),
        var("max_id_length"), var("placeholder_ids"), var("outcome_event_type"),
        var("outcome_is_repeatable"),
    ])) }}
{%- endmacro %}
