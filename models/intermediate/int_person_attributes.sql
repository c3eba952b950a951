-- One row per person, as-of date and attribute that was known by then: the value that came
-- last, under any id of the person; of several from one day that of the person's own id.
{{ config(materialized="view") }}

with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

linked_persons as (select * from {{ ref("int_user_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

ids as (
    select user_id, as_of_date, user_id as own_or_linked_id
    from as_of_dates
    union all
    select linked_persons.user_id, linked_persons.as_of_date, links.user_id
    from linked_persons
    inner join links
        on linked_persons.user_id = links.person_id
        and linked_persons.as_of_date = links.as_of_date
    where linked_persons.has_several_ids
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
            ids.own_or_linked_id <> ids.user_id,
            ids.own_or_linked_id
    ) = 1
