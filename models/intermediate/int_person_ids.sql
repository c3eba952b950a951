-- One row per as-of date and id of a person who has several and is scored, the person's
-- own included, with the last of these dates on which the person has the same ids: what
-- they did is summed once for all, but by itself for one at which some was on its way.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

links as (select * from {{ ref("int_person_links") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

scored as (select * from {{ ref("int_user_as_of_dates") }}),

-- Ids of which days up to a date became known after it only.
incomplete as (
    select
        activity.user_id,
        as_of_dates.as_of_date
    from activity
    inner join as_of_dates
        on activity.activity_date <= as_of_dates.as_of_date
        and activity.known_from_date > as_of_dates.known_by_date
    where activity.known_from_date > activity.activity_date
    group by activity.user_id, as_of_dates.as_of_date
),

ids as (
    select distinct
        links.as_of_date,
        links.person_id,
        {{ unnested(list_of(["links.user_id", "links.person_id"])) }} as user_id
    from links
    semi join scored
        on links.as_of_date = scored.as_of_date and links.person_id = scored.user_id
),

ids_with_gaps as (
    select
        ids.*,
        incomplete.user_id is not null as is_incomplete
    from ids
    left join incomplete
        on ids.as_of_date = incomplete.as_of_date
        and ids.user_id = incomplete.user_id
),

persons as (
    select
        as_of_date,
        person_id,
        {{ sum_of_hashes("user_id") }} as ids_version,
        max(case when is_incomplete then as_of_date end) as incomplete_date
    from ids_with_gaps
    group by as_of_date, person_id
),

with_last_dates as (
    select
        as_of_date,
        person_id,
        max(as_of_date) over (
            partition by person_id, ids_version, incomplete_date
        ) as same_ids_until_date
    from persons
)

select
    ids.as_of_date,
    ids.person_id,
    ids.user_id,
    with_last_dates.same_ids_until_date
from ids
inner join with_last_dates
    on ids.as_of_date = with_last_dates.as_of_date
    and ids.person_id = with_last_dates.person_id
