-- One row per user, attribute and day from which the value holds. valid_from is NULL
-- where the users file has no such column: the value is then taken to be timeless.
-- Of several changes on a day the last holds; of several at once the last by alphabet.
with

user_rows as (select * from {{ ref("base_user_rows") }}),

pairs as (
    select
        user_id,
        valid_from,
        valid_from_at,
        {{ unnested("attributes") }} as pair
    from user_rows
    where quarantine_reason is null
),

attributes as (
    select
        pairs.user_id,
        pairs.valid_from,
        pairs.valid_from_at,
        pairs.pair.attribute,
        pairs.pair.value
    from pairs
)

select
    user_id,
    attribute,
    valid_from,
    max(
        {{ struct_of({
            "changed_at": "coalesce(valid_from_at, timestamp '0001-01-01')",
            "value": "value",
        }) }}
    ).value as value,
    max(valid_from_at) as changed_at
from attributes
where value is not null
group by user_id, attribute, valid_from
