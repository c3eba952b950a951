-- One row per as-of date and id of a person who has several, the person's own included,
-- with the last as-of date on which the person has the same ids: what these did is
-- summed once for all such dates.
with

links as (select * from {{ ref("int_person_links") }}),

ids as (
    select
        as_of_date,
        person_id,
        user_id
    from links
    union
    select
        as_of_date,
        person_id,
        person_id as user_id
    from links
),

ids_by_date as (
    select
        as_of_date,
        person_id,
        sum(hash(user_id)) as ids_version
    from ids
    group by as_of_date, person_id
),

persons as (
    select
        as_of_date,
        person_id,
        max(as_of_date) over (partition by person_id, ids_version)
            as same_ids_until_date
    from ids_by_date
)

select
    ids.as_of_date,
    ids.person_id,
    ids.user_id,
    persons.same_ids_until_date
from ids
inner join persons
    on ids.as_of_date = persons.as_of_date
    and ids.person_id = persons.person_id
