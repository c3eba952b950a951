{# Rows of event files that are read alike: columns renamed and typed by the types that
   these files have. #}
{% macro event_rows(plan) %}
    {%- set columns = dict(required_event_columns(), **optional_event_columns()) %}
    select
        source_rows.{{ plan.file_column }} as file,
        source_rows.{{ row_column(plan) }} as file_row,
        {{ file_modified_at("source_rows." ~ plan.file_column, plan.files) }} as file_modified_at,
        {%- for column, type in columns.items() %}
        {{ event_column(column, type, plan.types[column]) }}
            as {{ "source_event" if column == "event_type" else column }},
        {%- endfor %}
        concat_ws(
            ', '
            {%- for column, type in columns.items() if type != "varchar" and plan.types[column] %},
            case
                when
                    {{ event_column(column, type, plan.types[column]) }} is null
                    and {{ something(event_column(column, "varchar", plan.types[column])) }} is not null
                    then '{{ column }}'
            end
            {%- endfor %}
        ) as unreadable_columns,
        cast(
            to_json(
                struct_pack(
                    {%- for column in columns if plan.types[column] %}
                    {{ column }} := cast({{ source_column("event_columns", column) }} as varchar){{ "," if not loop.last }}
                    {%- endfor %}
                )
            ) as varchar
        ) as raw_content
    from {{ read_files(plan) }} as source_rows
{% endmacro %}

{# The same columns without a row, where there is no file to read. #}
{% macro no_event_rows() %}
    select
        cast(null as varchar) as file,
        cast(null as bigint) as file_row,
        cast(null as timestamp) as file_modified_at,
        {%- for column, type in dict(required_event_columns(), **optional_event_columns()).items() %}
        cast(null as {{ type }}) as {{ "source_event" if column == "event_type" else column }},
        {%- endfor %}
        cast(null as varchar) as unreadable_columns,
        cast(null as varchar) as raw_content
    where false
{% endmacro %}
