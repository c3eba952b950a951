-- One row per user, attribute and day from which the value holds. valid_from is NULL
-- where the users file has no such column: the value is then taken to be timeless.
-- Of several changes on a day the last holds; of several at once the last by alphabet.
with

user_rows as (select * from {{ ref("base_user_rows") }}),

attributes as (
    select
        user_id,
        valid_from,
        valid_from_at,
        {{ unnested("attributes") }} as pair
    from user_rows
    where quarantine_reason is null
)

select
    user_id,
    pair.attribute as attribute,
    valid_from,
    max(
        struct_pack(
            changed_at := coalesce(valid_from_at, timestamp '0001-01-01'),
            value := pair.value
        )
    ).value as value
from attributes
where pair.value is not null
group by user_id, pair.attribute, valid_from
