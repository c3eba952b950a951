-- One row per row of the users files, and per users file that cannot be read: with the
-- reason why it cannot be used, if there is one.
{{ config(materialized=view_or("table")) }}

-- depends_on: {{ source("raw", "users") }}
{% set files = user_files() %}
with

user_rows as (
    {% for plan in files.plans %}
        {{ user_rows(plan) }}
        union all
    {% endfor %}
    {% for file in files.unreadable %}
        {{ no_user_rows(file.file, file.reason) }}
        union all
    {% endfor %}
    {{ no_user_rows("", "") }}
),

real_rows as (
    select * from user_rows
    where file <> ''
)

select
    file,
    file_row,
    user_id,
    attributes,
    valid_from,
    valid_from_at,
    case
        when reason is not null then reason
        when user_id is null or {{ is_blank("user_id") }} then 'no user_id'
        when {{ is_placeholder("user_id") }} then 'user_id is a placeholder'
        when length(user_id) > {{ var("max_id_length") }} then 'user_id too long'
        when has_unreadable_valid_from then 'unreadable valid_from'
    end as quarantine_reason
from real_rows
