-- One row per id that also came as a user id, since when, and since when that is known:
-- of those that links are about. Such an id is a person's own, and no device that
-- belongs to another.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

seen as (select * from {{ ref("int_ids_seen_together") }}),

links as (select * from {{ ref("stg_links") }}),

linked_ids as (
    select anonymous_id as user_id from seen
    union
    select user_id from links
),

named_days as (
    select
        activity.user_id,
        activity.activity_date,
        activity.known_from_date
    from activity
    semi join linked_ids
        on activity.user_id = linked_ids.user_id
    where activity.is_named
    union all
    select
        user_id,
        activity_date,
        known_date
    from seen
)

select
    user_id,
    min(activity_date) as named_from,
    min(known_from_date) as known_from
from named_days
group by user_id
