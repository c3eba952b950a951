-- One row per as-of date and id that is, or may be, somebody else's: the person, by what
-- was known then. User ids are joined by the links files only; an anonymous id belongs to
-- the one person it was seen with. A link has a reason where it does not count.
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_links_as_of") }}),

seen as (select * from {{ ref("int_ids_seen_together") }}),

named_ids as (select * from {{ ref("int_named_ids") }}),

pairs as (
    select anonymous_id, user_id, min(activity_date) as known_from
    from seen
    group by anonymous_id, user_id
),

sightings as (
    select
        as_of_dates.as_of_date,
        pairs.anonymous_id as user_id,
        coalesce(links.person_id, pairs.user_id) as person_id,
        pairs.known_from
    from as_of_dates
    inner join pairs
        on as_of_dates.as_of_date >= pairs.known_from
    left join links
        on as_of_dates.as_of_date = links.as_of_date
        and pairs.user_id = links.user_id
        and links.reason is null
    anti join named_ids
        on pairs.anonymous_id = named_ids.user_id
        and as_of_dates.as_of_date >= named_ids.named_from
    union all
    select as_of_date, user_id, person_id, known_from
    from links
    where reason is null
    union all
    -- Where a user id is this id's by the files, it is no device of somebody else.
    select links.as_of_date, links.person_id, links.person_id, links.known_from
    from links
    inner join named_ids
        on links.user_id = named_ids.user_id
        and links.as_of_date >= named_ids.named_from
    where links.reason is null
),

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
            count(*) filter (where not ids.is_shared) over (
                partition by ids.as_of_date, coalesce(further.person_id, ids.person_id)
            ) >= {{ var("max_ids_per_person") }}
            then 'one of too many ids of a person'
    end as reason
from ids
left join ids as further
    on ids.as_of_date = further.as_of_date
    and ids.person_id = further.user_id
    and not further.is_shared
