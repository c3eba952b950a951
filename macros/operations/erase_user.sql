{# dbt run-operation erase_user --args '{user_id: "u42"}'
   Removes a person everywhere: scripts/pointwise/publishing/erase.py. The door that
   leaves the id in no log of dbt's, not even for a moment, is `pointwise erase`. #}
{% macro erase_user(user_id) %}
    {% set settings = dict(
        build_settings(), warehouse=target.path, logs=flags.LOG_PATH | string
    ) %}
    {% set erased = call_python("erase_user", {
        "settings": settings,
        "user_id": user_id | string,
        "is_text": user_id is string,
        "event_id": source_column("event_columns", "user_id") | trim,
        "profile_id": source_column("user_columns", "user_id") | trim,
    }) %}
    {% for line in erased.lines %}{{ log(line, info=true) }}{% endfor %}
    {% if erased.wrong %}{{ exceptions.raise_compiler_error(erased.wrong) }}{% endif %}
{% endmacro %}
