-- One row per user, attribute and day from which the value holds. valid_from is NULL
-- where the users file has no such column: the value is then taken to be timeless.
-- Where a user has several rows for the same day, the last value by alphabet wins.
-- depends_on: {{ source("raw", "users") }}
with

source_users as ({{ read_users_file() }}),

attributes as (
    {% for attribute in list_var("user_attributes") %}
        select
            {{ user_column("user_id", "varchar") }} as user_id,
            '{{ attribute }}' as attribute,
            {{ user_column(attribute, "varchar") }} as value,
            {{ user_column("valid_from", "date") }} as valid_from
        from source_users
        {{ "union all" if not loop.last }}
    {% else %}
        select
            cast(null as varchar) as user_id,
            cast(null as varchar) as attribute,
            cast(null as varchar) as value,
            cast(null as date) as valid_from
        where false
    {% endfor %}
)

select
    user_id,
    attribute,
    valid_from,
    max(value) as value
from attributes
where
    not {{ is_blank("user_id") }}
    and length(user_id) <= {{ var("max_id_length") }}
    and not {{ is_blank("value") }}
group by user_id, attribute, valid_from
