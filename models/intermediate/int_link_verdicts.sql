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
),

ends as (
    select
        ids.as_of_date,
        ids.user_id,
        coalesce(further.person_id, ids.person_id) as person_id,
        ids.known_from,
        ids.is_shared
    from ids
    left join ids as further
        on ids.as_of_date = further.as_of_date
        and ids.person_id = further.user_id
        and not further.is_shared
),

too_large as (
    select
        as_of_date,
        person_id
    from ends
    where not is_shared
    group by as_of_date, person_id
    having count(*) >= {{ var("max_ids_per_person") }}
)

select
    ends.as_of_date,
    ends.user_id,
    ends.person_id,
    ends.known_from,
    case
        when ends.is_shared then 'seen with several people'
        when too_large.person_id is not null then 'one of too many ids of a person'
    end as reason
from ends
left join too_large
    on ends.as_of_date = too_large.as_of_date
    and ends.person_id = too_large.person_id
