-- One row per user and as-of date on which the user is scored: who had a used event in
-- the look-back, (as_of_date - look_back_days, as_of_date]. Snapshots take a fixed
-- sample of them by a hash of the user id, other dates all, and attributes suffice.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

active_users as (
    select
        activity.user_id,
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_backfilled,
        as_of_dates.is_snapshot,
        max(activity.activity_date) as last_activity_date
    from as_of_dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
    -- Every day of a user has one of these.
    where activity.event_type = '*' or not {{ is_feature_event("activity.event_type") }}
    group by
        activity.user_id, as_of_dates.as_of_date, as_of_dates.is_scoring_date,
        as_of_dates.is_backfilled, as_of_dates.is_snapshot
),

sampled_users as (
    select
        *,
        is_snapshot and row_number() over (
            partition by as_of_date order by md5(user_id), user_id
        ) <= {{ var("snapshot_max_users") }} as is_in_snapshot
    from active_users
),

attribute_users as (
    select
        user_attributes.user_id,
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_backfilled
    from user_attributes
    inner join as_of_dates
        on (as_of_dates.is_scoring_date or as_of_dates.is_backfilled)
        and (
            user_attributes.valid_from is null
            or user_attributes.valid_from <= as_of_dates.as_of_date
        )
    left join active_users
        on user_attributes.user_id = active_users.user_id
        and as_of_dates.as_of_date = active_users.as_of_date
    where active_users.user_id is null
    group by
        user_attributes.user_id, as_of_dates.as_of_date, as_of_dates.is_scoring_date,
        as_of_dates.is_backfilled
)

select
    user_id,
    as_of_date,
    is_scoring_date,
    is_backfilled,
    is_in_snapshot,
    true as has_activity,
    last_activity_date
from sampled_users
where is_scoring_date or is_backfilled or is_in_snapshot
union all
select
    user_id,
    as_of_date,
    is_scoring_date,
    is_backfilled,
    false as is_in_snapshot,
    false as has_activity,
    cast(null as date) as last_activity_date
from attribute_users
