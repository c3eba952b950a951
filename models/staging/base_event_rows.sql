-- One row per row of the readable event files: columns renamed and typed, nothing
-- judged and nothing dropped. A value that cannot be read is NULL here, and its
-- column is named in unreadable_columns.
{{ config(materialized="view") }}

{%- set columns = required_event_columns() %}
{%- do columns.update(optional_event_columns()) %}
-- depends_on: {{ ref("stg_event_files") }}, {{ source("raw", "events") }}
with

source_rows as ({{ read_event_files(readable_event_files()) }})

select
    source_rows._file as file,
    source_rows.file_row_number as file_row,
    source_rows._file_modified_at as file_modified_at,
    {% for column, type in columns.items() %}
        {{ event_column(column, type) }}
            as {{ "source_event" if column == "event_type" else column }},
    {% endfor %}
    concat_ws(
        ', '
        {% for column, type in columns.items() if type != "varchar" -%}
            ,
            case
                when
                    {{ event_column(column, type) }} is null
                    and {{ event_column(column, "varchar") }} <> ''
                    then '{{ column }}'
            end
        {%- endfor %}
    ) as unreadable_columns,
    cast(to_json(source_rows) as varchar) as raw_content
from source_rows
