-- One row per as-of date, id, and person that the id was seen with, or is said to be,
-- by then, and since when. An anonymous id is seen with the person of each user id that
-- came with it, unless it came as a user id itself; the files say whose the others are.
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_links_as_of") }}),

seen as (select * from {{ ref("int_ids_seen_together") }}),

named_ids as (select * from {{ ref("int_named_ids") }}),

pairs as (
    select
        anonymous_id,
        user_id,
        min(activity_date) as seen_from,
        min(known_date) as known_from
    from seen
    group by anonymous_id, user_id
)

select
    as_of_dates.as_of_date,
    pairs.anonymous_id as user_id,
    coalesce(links.person_id, pairs.user_id) as person_id,
    pairs.known_from
from as_of_dates
inner join pairs
    on as_of_dates.as_of_date >= pairs.seen_from
    and as_of_dates.known_by_date >= pairs.known_from
left join links
    on as_of_dates.as_of_date = links.as_of_date
    and pairs.user_id = links.user_id
    and links.reason is null
anti join named_ids
    on pairs.anonymous_id = named_ids.user_id
    and as_of_dates.as_of_date >= named_ids.named_from
    and as_of_dates.known_by_date >= named_ids.known_from
union all
select
    as_of_date,
    user_id,
    person_id,
    known_from
from links
where reason is null
union all
-- Where a user id is this id's by the files, it is no device of somebody else.
select
    links.as_of_date,
    links.person_id as user_id,
    links.person_id,
    links.known_from
from links
inner join as_of_dates
    on links.as_of_date = as_of_dates.as_of_date
inner join named_ids
    on links.user_id = named_ids.user_id
    and as_of_dates.as_of_date >= named_ids.named_from
    and as_of_dates.known_by_date >= named_ids.known_from
where links.reason is null
