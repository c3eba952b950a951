-- One row per person, as-of date and attribute that was known by then: the value that
-- came last, under any id; of several at one time that of the person's own id.
{{ config(materialized="view") }}

with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

person_ids as (select * from {{ ref("int_person_ids") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

ids as (
    select
        as_of_dates.user_id,
        as_of_dates.as_of_date,
        coalesce(person_ids.user_id, as_of_dates.user_id) as own_or_linked_id
    from as_of_dates
    left join person_ids
        on as_of_dates.user_id = person_ids.person_id
        and as_of_dates.as_of_date = person_ids.as_of_date
)

select
    ids.user_id,
    ids.as_of_date,
    user_attributes.attribute,
    user_attributes.value
from ids
inner join user_attributes
    on ids.own_or_linked_id = user_attributes.user_id
    and coalesce(ids.as_of_date >= user_attributes.valid_from, true)
qualify
    row_number() over (
        partition by ids.user_id, ids.as_of_date, user_attributes.attribute
        order by
            user_attributes.valid_from desc nulls last,
            user_attributes.changed_at desc nulls last,
            ids.own_or_linked_id <> ids.user_id,
            ids.own_or_linked_id
    ) = 1
