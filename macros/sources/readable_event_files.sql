{# The files to read: a list, or none while no build has looked at them. #}
{% macro readable_event_files() %}
    {% set event_files = load_relation(ref("stg_event_files")) if execute %}
    {% if not event_files %}{{ return(none) }}{% endif %}
    {% set found = run_query(
        "select file from " ~ event_files ~ " where is_readable order by file"
    ) %}
    {{ return(found.columns[0].values() | list) }}
{% endmacro %}
