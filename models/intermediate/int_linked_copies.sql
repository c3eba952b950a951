-- One row per as-of date, id of a person with several ids, event type and day: those of
-- the id's events that another id of the person has, too, and that count there. Of a
-- person who had one id they would be copies.
with

repeated_events as (select * from {{ ref("int_repeated_events") }}),

machines as (select * from {{ ref("int_machine_events") }}),

links as (select * from {{ ref("int_person_links") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

-- Of several ids: what one has twice, as in a file that came again, is a copy anyway.
used_events as (
    select repeated_events.*
    from repeated_events
    anti join machines
        on repeated_events.file = machines.file
        and repeated_events.file_row = machines.file_row
    where repeated_events.copy_number = 1
    qualify
        count(*) over (
            partition by
                repeated_events.activity_date, repeated_events.event_id,
                repeated_events.source_event
        ) > 1
),

events_of_persons as (
    select
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        used_events.*,
        row_number() over (
            partition by
                as_of_dates.as_of_date,
                coalesce(links.person_id, used_events.user_id),
                used_events.activity_date, used_events.event_id,
                used_events.source_event
            order by used_events.copy_number_of_all_ids
        ) as copy_number_of_person
    from used_events
    inner join as_of_dates
        on used_events.activity_date <= as_of_dates.as_of_date
        and used_events.known_date <= as_of_dates.known_by_date
    left join links
        on as_of_dates.as_of_date = links.as_of_date
        and used_events.user_id = links.user_id
)

select
    as_of_date,
    is_scoring_date,
    user_id,
    event_type,
    activity_date,
    count(*) as events,
    sum(seconds) as seconds,
    sum(amount) as amount
from events_of_persons
where copy_number_of_person > 1
group by as_of_date, is_scoring_date, user_id, event_type, activity_date
