-- One row per as-of date and person who is held out: scored, and left alone for good,
-- so that what acting adds can be seen. By a hash of the id under which the person was
-- first active by name: an id that is linked to it later takes nobody out or in.
{% set given = var("holdout_share") %}
{% set share = [given if given is number else 0, 0.5] | min %}
{% set is_asked = "true" if share else "false" %}
with

persons as (select * from {{ ref("int_user_as_of_dates") }}),

members as (select * from {{ ref("int_person_ids") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

days_of_ids as (
    select
        members.person_id,
        members.as_of_date,
        members.user_id,
        min(activity.activity_date) as first_date
    from members
    inner join activity
        on members.user_id = activity.user_id
        and members.as_of_date >= activity.activity_date
    inner join as_of_dates
        on members.as_of_date = as_of_dates.as_of_date
        and {{ is_known("activity", "as_of_dates.known_by_date") }}
    where activity.is_named and {{ is_asked }}
    group by members.person_id, members.as_of_date, members.user_id
),

first_ids as (
    select
        person_id,
        as_of_date,
        user_id
    from days_of_ids
    qualify
        row_number() over (
            partition by person_id, as_of_date
            order by first_date, user_id
        ) = 1
)

select
    persons.user_id,
    persons.as_of_date
from persons
left join first_ids
    on persons.user_id = first_ids.person_id
    and persons.as_of_date = first_ids.as_of_date
where
    -- The first eight digits of the hash, as those of the share: in order as texts.
    substr(md5(concat('holdout:', coalesce(first_ids.user_id, persons.user_id))), 1, 8)
    < '{{ "%08x" | format((share * 4294967296) | int) }}'
    and {{ is_asked }}
