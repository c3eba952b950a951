{# The files to read and their times in UTC, as text; none while no build has looked
   at them. #}
{% macro readable_event_files() %}
    {% set event_files = load_relation(ref("stg_event_files")) if execute %}
    {% if not event_files %}{{ return(none) }}{% endif %}
    {% set found = run_query(
        "select file, cast(modified_at as varchar) from " ~ event_files
        ~ " where is_readable order by file"
    ) %}
    {{ return(dict(zip(found.columns[0].values(), found.columns[1].values()))) }}
{% endmacro %}
