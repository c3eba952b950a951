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
                cast(null as {{ type }}) as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        where false
        {% if files %}
            union all by name
            from read_parquet({{ sql_list(files) }}, union_by_name = true)
        {% endif %}
    ) as recorded
{% endmacro %}
