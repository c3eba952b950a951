{# Post-hook: one line that names the event files that are not read, and why. #}
{% macro tell_files_set_aside() %}
    {% set files = run_query(
        "select file, reason from " ~ this ~ " where not is_readable order by file"
    ).rows if execute else [] %}
    {% if files %}
        {% set told = [] %}
        {% for file in files[:3] %}
            {% do told.append(file["file"].split("/")[-1] ~ " (" ~ file["reason"] ~ ")") %}
        {% endfor %}
        {% do exceptions.warn(
            files | length ~ " event file" ~ ("s are" if files | length > 1 else " is")
            ~ " not read: " ~ told | join("; ") ~ ("; …" if files | length > 3 else "")
            ~ ". All of them: internal.unreadable_event_files."
        ) %}
    {% endif %}
{% endmacro %}
