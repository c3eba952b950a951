-- One row per row of the readable event files: columns renamed and typed, nothing
-- judged and nothing dropped. A value that cannot be read is NULL here, and its
-- column is named in unreadable_columns.
{{ config(materialized="view") }}

{%- set columns = required_event_columns() %}
{%- set files = readable_event_files() %}
{%- do columns.update(optional_event_columns()) %}
-- depends_on: {{ ref("stg_event_files") }}, {{ source("raw", "events") }}
with

source_rows as ({{ read_event_files(files) }})

select
    source_rows._file as file,
    source_rows.file_row_number as file_row,
    {{ file_modified_at("source_rows._file", files) }} as file_modified_at,
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
    source_rows as source_row
from source_rows
