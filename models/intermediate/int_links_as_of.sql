-- One row per as-of date and id of the links files: whose it is by what was known then.
-- Of several links of an id the last holds; chains are followed. Others have a reason.
with recursive

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("stg_links") }}),

known_links as (
    select
        as_of_dates.as_of_date,
        links.user_id,
        links.person_id,
        coalesce(links.known_from, as_of_dates.as_of_date) as known_from
    from as_of_dates
    inner join links
        on as_of_dates.as_of_date >= links.known_from
        or (links.known_from is null and as_of_dates.is_scoring_date)
    where links.quarantine_reason is null
    qualify
        rank() over (
            partition by as_of_dates.as_of_date, links.user_id
            order by coalesce(links.known_from, as_of_dates.as_of_date) desc
        ) = 1
),

last_links as (
    select
        as_of_date,
        user_id,
        min(person_id) as person_id,
        min(person_id) < max(person_id) as names_two,
        min(known_from) as known_from
    from known_links
    group by as_of_date, user_id
),

pointers as (
    select * from last_links
    where not names_two
),

walks as ({{ walks_of_links("pointers", "walks") }}),

ends as (
    select walks.* from walks
    anti join pointers
        on walks.as_of_date = pointers.as_of_date
        and walks.person_id = pointers.user_id
)

select
    last_links.as_of_date,
    last_links.user_id,
    coalesce(ends.person_id, last_links.person_id) as person_id,
    last_links.known_from,
    case
        when last_links.names_two then 'names two people on one day'
        when ends.person_id is null then 'leads in a circle'
        when
            count(*) over (partition by last_links.as_of_date, ends.person_id)
            >= {{ var("max_ids_per_person") }}
            then 'one of too many ids of a person'
    end as reason
from last_links
left join ends
    on last_links.as_of_date = ends.as_of_date
    and last_links.user_id = ends.user_id
