{# Query for source freshness: when the last event happened that is not in the future by
   the clock, in the event files as they are now. Files that cannot be read are left out. #}
{% macro latest_event_at() %}
    {% if not execute %}{{ return("select null") }}{% endif %}
    {% set found = call_python("found_files", {"path": event_files_path()}) %}
    {% if not found %}
        {{ exceptions.raise_compiler_error("No event files at " ~ event_files_path() ~ ".") }}
    {% endif %}
    {% set files = found | rejectattr("reason") | map(attribute="file") | list %}
    {% set columns = needed_event_columns() %}
    {% set verdicts = call_python("judged_files", {"files": files, "columns": columns}) %}
    select max(occurred_at)
    from (
        {% for plan in file_groups(verdicts, columns, "event_columns") %}
            select
                {{ event_column("occurred_at", "timestamp", plan.types["occurred_at"]) }}
                    as occurred_at
            from {{ read_files(plan) }} as events
            {{ "union all" if not loop.last }}
        {% endfor %}
    ) as event_times
    where occurred_at <= {{ current_timestamp() }}
{% endmacro %}
