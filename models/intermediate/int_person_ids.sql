-- One row per as-of date and id of a person who has several, the person's own included,
-- with the last as-of date on which the person has the same ids: what these did is
-- summed once for all such dates.
with

links as (select * from {{ ref("int_person_links") }}),

persons_by_date as (
    select
        as_of_date,
        person_id,
        sum(hash(user_id)) as ids_version
    from links
    group by as_of_date, person_id
),

persons as (
    select
        as_of_date,
        person_id,
        max(as_of_date) over (partition by person_id, ids_version)
            as same_ids_until_date
    from persons_by_date
)

select
    links.as_of_date,
    links.person_id,
    links.user_id,
    persons.same_ids_until_date
from links
inner join persons
    on links.as_of_date = persons.as_of_date
    and links.person_id = persons.person_id
union all
select
    as_of_date,
    person_id,
    person_id as user_id,
    same_ids_until_date
from persons
