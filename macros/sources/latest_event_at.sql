{# Query for source freshness: when the last event happened that is not in the future by
   the clock, in the event files as they are now. Files that the last build could not
   read are left out. A source may not `ref` a model: its table is looked up by name. #}
{% macro latest_event_at() %}
    {% set event_files = load_relation(api.Relation.create(
        database=target.database, schema="internal", identifier="stg_event_files"
    )) %}
    {% set files = run_query(
        "select file from glob(" ~ sql_text(event_files_path()) ~ ")"
        ~ (" where file not in (select file from " ~ event_files ~ " where not is_readable)"
           if event_files else "")
    ).columns[0].values() | list %}
    {% if not files %}
        {{ exceptions.raise_compiler_error("No event files at " ~ event_files_path() ~ ".") }}
    {% endif %}
    select max(occurred_at)
    from (
        select
            {{ read_as(source_column("event_columns", "occurred_at"), "timestamp") }}
                as occurred_at
        from ({{ read_event_files(files) }}) as events
    ) as event_times
    where occurred_at <= {{ current_timestamp() }}
{% endmacro %}
