{# All rows of the readable event files, columns as they are in the files, with
   `_file` and `file_row_number`. Optional columns that no file has are added, empty. #}
{% macro read_event_files(files) %}
    {{- return(adapter.dispatch("read_event_files")(files)) -}}
{% endmacro %}

{% macro default__read_event_files(files) %}
    select
        {% for column, type in unmapped_optional_columns().items() %}
            cast(null as {{ type }}) as {{ column }},
        {% endfor %}
        cast(null as varchar) as _file
    where false
    union all by name
    select *
    from
        {% if files is not none and not files %}
            {{ no_event_files() }}
        {% else %}
            read_parquet(
                {{ sql_list(files or [event_files_path()]) }},
                union_by_name = true,
                filename = '_file',
                file_row_number = true
            )
        {% endif %}
{% endmacro %}

{# What is read where every file is unreadable: no rows, all columns. #}
{% macro no_event_files() %}
    (
        select
            {% for column, type in required_event_columns().items() %}
                cast(null as {{ type }}) as {{ column }},
            {% endfor %}
            cast(null as varchar) as _file,
            cast(null as bigint) as file_row_number
        where false
    )
{% endmacro %}
