{# Where the event files are: a path or a glob. #}
{% macro event_files_path() -%}
    {{ setting_path("POINTWISE_EVENTS", "data/raw/events/**/*.parquet") }}
{%- endmacro %}

{# Files of a path or pattern, listed once a run. #}
{% macro found_files(path) %}
    {{ return(call_python("found_files", {"path": path, "invocation_id": invocation_id})) }}
{% endmacro %}

{# Event files by how they are read: a list of plans, each with its files and their times
   in UTC, as text. Empty while no build has looked at them. #}
{% macro event_file_groups() %}
    {% set event_files = load_relation(ref("stg_event_files")) if execute %}
    {% if not event_files %}{{ return([]) }}{% endif %}
    {% set found = run_query(
        "select file, cast(modified_at as string) as modified_at, reason, plan from "
        ~ event_files ~ " order by plan, row_count desc, file"
    ).rows %}
    {{ return(file_groups(found, needed_event_columns(), "event_columns")) }}
{% endmacro %}

{# Files (file, modified_at, reason, plan) by plan. Ends the run if there are files and
   none can be read, or a mapped column is in none of them. #}
{% macro file_groups(files, columns, mapping) %}
    {% set groups = {} %}
    {% for file in files if not file["reason"] %}
        {% do groups.setdefault(file["plan"], {}).update({file["file"]: file["modified_at"]}) %}
    {% endfor %}
    {% if files | length > 0 and not groups %}
        {{ exceptions.raise_compiler_error(
            "None of the files can be read. " ~ files[0]["file"] ~ ": " ~ files[0]["reason"]
        ) }}
    {% endif %}
    {% set plans = [] %}
    {% for plan, group in groups.items() %}
        {% do plans.append(dict(fromjson(plan), files=group, is_only=groups | length == 1)) %}
    {% endfor %}
    {% for column in columns if column["expression"] and plans %}
        {% if not plans | map(attribute="types") | map(attribute=column["name"]) | reject("none") | list %}
            {{ exceptions.raise_compiler_error(
                mapping ~ ": " ~ column["name"] ~ ": no file can answer "
                ~ column["expression"] ~ ". Fix the mapping, or leave it out."
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(plans) }}
{% endmacro %}

{# Post-hook: one line that names the event files that are not read, and why. #}
{% macro warn_of_files_set_aside() %}
    {% set files = run_query(
        "select file, reason from " ~ this ~ " where not is_readable order by file"
    ).rows if execute else [] %}
    {% if files %}
        {% set named = [] %}
        {% for file in files[:3] %}
            {% do named.append(file["file"].split("/")[-1] ~ " (" ~ file["reason"] ~ ")") %}
        {% endfor %}
        {% do exceptions.warn(
            files | length ~ " event file" ~ ("s are" if files | length > 1 else " is")
            ~ " not read: " ~ named | join("; ") ~ ("; …" if files | length > 3 else "")
            ~ ". All of them: from internal.stg_event_files where not is_readable;"
        ) %}
    {% endif %}
{% endmacro %}

{# Query for source freshness: when the last event happened that is not in the future by
   the clock, in the event files as they are now. Files that cannot be read are left out. #}
{% macro latest_event_at() %}
    {% if not execute %}{{ return("select null") }}{% endif %}
    {% set found = found_files(event_files_path()) %}
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
