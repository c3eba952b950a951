-- One row per row of the readable event files: columns renamed and typed, nothing
-- judged and nothing dropped. A value that cannot be read is NULL here, and its
-- column is named in unreadable_columns. Files of the same types are read together.
{{ config(materialized="view") }}

-- depends_on: {{ ref("stg_event_files") }}, {{ source("raw", "events") }}
{% for plan in event_file_groups() %}
    {{ event_rows(plan) }}
    union all
{% endfor %}
{{ no_event_rows() }}
