-- One row per person with several ids, as-of date, event type and day with sessions
-- that more than one id may have: how many are counted too often, of all and of those
-- that go on from the day before.
{{ config(materialized="view") }}

with

linked_days as (select * from {{ ref("int_linked_days") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

days as (
    select
        linked_days.person_id as user_id,
        linked_days.as_of_date,
        activity.event_type,
        activity.activity_date,
        {{ joined_lists("activity.shared_sessions") }} as shared,
        {{ joined_lists("activity.shared_continued_sessions") }} as continued
    from linked_days
    inner join activity
        on linked_days.user_id = activity.user_id
        and linked_days.activity_date = activity.activity_date
        and {{ is_known("activity", "linked_days.known_by_date") }}
    where activity.shared_sessions is not null
    group by
        linked_days.person_id, linked_days.as_of_date,
        activity.activity_date, activity.event_type
),

with_days_before as (
    select
        *,
        case
            when lag(activity_date) over by_day = {{ add_days("activity_date", -1) }}
                then lag(shared) over by_day
        end as shared_before
    from days
    window
        by_day as (partition by user_id, as_of_date, event_type order by activity_date)
)

select
    user_id,
    as_of_date,
    event_type,
    activity_date,
    {{ repeats_in("shared") }} as repeats,
    {{ repeats_in("continued") }}
    - {{ new_in_both("shared", "shared_before", "continued") }} as continued_repeats
from with_days_before
