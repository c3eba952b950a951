{# Event files by how they are read: a list of plans, each with its files and their times
   in UTC, as text. Empty while no build has looked at them. #}
{% macro event_file_groups() %}
    {% set event_files = load_relation(ref("stg_event_files")) if execute %}
    {% if not event_files %}{{ return([]) }}{% endif %}
    {% set found = run_query(
        "select file, cast(modified_at as varchar) as modified_at, reason, plan from "
        ~ event_files ~ " order by plan, file"
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
        {% do plans.append(dict(fromjson(plan), files=group)) %}
    {% endfor %}
    {% for column in columns if column["expression"] and plans %}
        {% if not plans | map(attribute="types") | map(attribute=column["name"]) | reject("none") | list %}
            {{ exceptions.raise_compiler_error(
                mapping ~ ": " ~ column["name"] ~ ": no file can answer "
                ~ column["expression"] ~ ". Mend the mapping, or leave it out."
            ) }}
        {% endif %}
    {% endfor %}
    {{ return(plans) }}
{% endmacro %}
