-- One row per as-of date and id that is, or may be, somebody else's: the person, by
-- what was known then. User ids are joined by the links files only; an anonymous id
-- belongs to the one person it was seen with. What does not count has a reason.
with

sightings as (select * from {{ ref("int_link_sightings") }}),

ids as (
    select
        as_of_date,
        user_id,
        min(person_id) filter (where person_id <> user_id) as person_id,
        min(known_from) as known_from,
        min(person_id) < max(person_id) as is_shared
    from sightings
    group by as_of_date, user_id
    having count(*) filter (where person_id <> user_id) > 0
)

select
    ids.as_of_date,
    ids.user_id,
    coalesce(further.person_id, ids.person_id) as person_id,
    ids.known_from,
    case
        when ids.is_shared then 'seen with several people'
        when
            count(case when not ids.is_shared then 1 end) over (
                partition by ids.as_of_date, coalesce(further.person_id, ids.person_id)
            ) >= {{ var("max_ids_per_person") }}
            then 'one of too many ids of a person'
    end as reason
from ids
left join ids as further
    on ids.as_of_date = further.as_of_date
    and ids.person_id = further.user_id
    and not further.is_shared
