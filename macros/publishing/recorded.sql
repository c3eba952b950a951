{# Query for what earlier publications recorded of a kind: see scripts/pointwise/publishing.
   `columns` are its columns and their types; those that older files lack are NULL. #}
{% macro recorded(kind, columns, with_record=true) %}
    {% set files = call_python("record_files", {"settings": build_settings(), "kind": kind})
        if execute and with_record else [] %}
    select
        {% for column in columns %}{{ column }}{{ "," if not loop.last }}{% endfor %}
    from (
        select
            {% for column, type in columns.items() %}
                cast(null as {{ type | replace("varchar", "string") }}) as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        where false
        {% if files %}
            {{ and_recorded(files, columns) }}
        {% endif %}
    ) as recorded
{% endmacro %}
