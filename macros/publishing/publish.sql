{# On-run-start: check panel, settings and inputs, note which tables this run may change
   (scripts/pointwise/begin.py), and drop what another version wrote. Silent where nothing
   is built or tested. #}
{% macro begin_run() %}
    {% set asked = invocation_args_dict %}
    {% set begun = ["build", "run", "seed", "snapshot", "test", "retry", "clone"] %}
    {% if not execute or flags.WHICH not in begun %}{{ return("") }}{% endif %}
    {% set selected = [] %}
    {% for id in selected_resources if id.split(".")[0] in ["model", "seed", "snapshot"] %}
        {% do selected.append(id) %}
    {% endfor %}
    {% for line in call_python("begin_run", {
        "settings": build_settings(),
        "command": flags.WHICH,
        "selected": selected,
        "is_part": (asked.select or asked.exclude or asked.selector or false) and not asked.defer,
    }) %}
        {{ log(line, info=true) }}
    {% endfor %}
    {% do drop_other_versions() %}
{% endmacro %}

{# On-run-end: publish what was built if it may be, and say what was published or why not:
   scripts/pointwise/publishing. #}
{% macro publish(results) %}
    {% set is_aside = target.name in ["what_if", "lint", "unit_tests"] %}
    {% if execute and flags.WHICH in ["run", "retry"] and not is_aside %}
        {{ log("Nothing was published: `dbt build` does that, `dbt " ~ flags.WHICH ~ "` never.", info=true) }}
    {% endif %}
    {% if not execute or flags.WHICH != "build" or target.name == "unit_tests" %}{{ return("") }}{% endif %}
    {% set statuses = {} %}
    {% for result in results if result.node.resource_type in ["model", "seed", "snapshot", "test", "unit_test"] %}
        {% do statuses.update({result.node.unique_id: result.status | string}) %}
    {% endfor %}
    {% set arguments = {"settings": build_settings(), "statuses": statuses, "columns": columns_built()} %}
    {% set published = call_python("publish", arguments) %}
    {# An error of Jinja here would end in dbt's words on a keyboard interrupt. #}
    {% if published.stopped %}
        {{ return("select error(" ~ sql_text("\n" ~ published.stopped) ~ ")") }}
    {% endif %}
    {% for line in published.lines %}
        {# What was not published is said even with --quiet. #}
        {% if line.startswith("Not published") %}
            {% do print(line) %}
        {% else %}
            {{ log(line, info=true) }}
        {% endif %}
    {% endfor %}
{% endmacro %}

{# What Python needs to know about this run: paths, settings and the target. #}
{% macro build_settings() %}
    {% set project = invocation_args_dict.project_dir %}
    {{ return({
        "invocation_id": invocation_id,
        "project": project,
        "profiles": flags.PROFILES_DIR | string,
        "profile": target.profile_name,
        "target": target.name,
        "target_path": invocation_args_dict.target_path or "target",
        "database": target.database,
        "schema": target.schema,
        "is_empty": flags.EMPTY or false,
        "published": setting_path("POINTWISE_PUBLISHED", "data/published"),
        "events": event_files_path(),
        "users": setting_path("POINTWISE_USERS", "data/raw/users*.parquet"),
        "links": setting_path("POINTWISE_LINKS", "data/raw/links.parquet"),
        "assignments": assignments_path(),
        "model": setting_path("POINTWISE_MODEL", "data/model"),
        "control": setting_path("POINTWISE_CONTROL", "seeds"),
    }) }}
{% endmacro %}

{# dbt run-operation erase_user --args '{user_id: "u42"}'
   Removes a person with all linked ids everywhere: scripts/pointwise/publishing/erase.py. The door that
   leaves the id in no log of dbt's, not even for a moment, is `pointwise erase`. #}
{% macro erase_user(user_id) %}
    {% set settings = dict(
        build_settings(), warehouse=target.path, logs=flags.LOG_PATH | string
    ) %}
    {% set erased = call_python("erase_user", {
        "settings": settings,
        "user_id": user_id | string,
        "is_text": user_id is string,
        "columns": {
            "event_id": source_column("event_columns", "user_id") | trim,
            "anonymous_id": source_column("event_columns", "anonymous_id") | trim,
            "profile_id": source_column("user_columns", "user_id") | trim,
            "placeholders": list_var("placeholder_ids"),
            "max_ids": var("max_ids_per_person"),
        },
    }) %}
    {% for line in erased.lines %}{{ log(line, info=true) }}{% endfor %}
    {% if erased.wrong %}{{ exceptions.raise_compiler_error(erased.wrong) }}{% endif %}
{% endmacro %}
