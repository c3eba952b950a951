-- One row per id of a person with several, last as-of date with the same ids, and day
-- in the look-back of one of these dates, to be summed with those of the other ids:
-- more than one of them was active, or this one was in a session that another id has,
-- too. Any other day is what the one id did.
with

person_ids as (select * from {{ ref("int_person_ids") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

members as (
    select
        person_ids.person_id,
        person_ids.user_id,
        as_of_dates.as_of_date,
        as_of_dates.known_by_date,
        {{ add_days("min(person_ids.as_of_date)", 1 - whole_var("look_back_days")) }}
            as first_look_back_date
    from person_ids
    inner join as_of_dates
        on person_ids.same_ids_until_date = as_of_dates.as_of_date
    group by
        person_ids.person_id,
        person_ids.user_id,
        as_of_dates.as_of_date,
        as_of_dates.known_by_date
),

days_of_ids as (
    select
        user_id,
        activity_date,
        known_from_date,
        known_until_date,
        bool_or(shared_sessions is not null) as has_shared_session
    from activity
    where {{ is_seen_by_day("event_type") }}
    group by user_id, activity_date, known_from_date, known_until_date
),

days_to_sum as (
    select
        members.person_id,
        members.as_of_date,
        days_of_ids.activity_date
    from members
    inner join days_of_ids
        on members.user_id = days_of_ids.user_id
        and members.as_of_date >= days_of_ids.activity_date
        and members.first_look_back_date <= days_of_ids.activity_date
        and {{ is_known("days_of_ids", "members.known_by_date") }}
    group by members.person_id, members.as_of_date, days_of_ids.activity_date
    having count(*) > 1 or bool_or(days_of_ids.has_shared_session)
)

select
    members.as_of_date,
    members.known_by_date,
    members.user_id,
    members.person_id,
    days_to_sum.activity_date
from days_to_sum
inner join members
    on days_to_sum.person_id = members.person_id
    and days_to_sum.as_of_date = members.as_of_date
