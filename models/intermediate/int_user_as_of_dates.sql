-- One row per user and as-of date on which the user is scored: who had a used event in
-- the look-back, (as_of_date - look_back_days, as_of_date]. Snapshots take a fixed
-- sample of them by a hash of the user id, other dates all, and attributes suffice.
-- Whom exclusions.csv leaves out is in none.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

excluded as (select * from {{ ref("int_excluded_users") }}),

active_users as (
    select
        activity.user_id,
        as_of_dates.as_of_date
    from as_of_dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
    -- Every day of a user has one of these.
    where activity.event_type = '*' or not {{ is_feature_event("activity.event_type") }}
    group by activity.user_id, as_of_dates.as_of_date
),

attribute_users as (
    select
        user_attributes.user_id,
        as_of_dates.as_of_date
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
    group by user_attributes.user_id, as_of_dates.as_of_date
),

users as (
    select
        *,
        true as has_activity
    from active_users
    union all
    select
        *,
        false as has_activity
    from attribute_users
),

sampled_users as (
    select
        users.user_id,
        users.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_backfilled,
        as_of_dates.is_snapshot and users.has_activity and row_number() over (
            partition by users.as_of_date, users.has_activity
            order by md5(users.user_id), users.user_id
        ) <= {{ var("snapshot_max_users") }} as is_in_snapshot,
        users.has_activity
    from users
    inner join as_of_dates
        on users.as_of_date = as_of_dates.as_of_date
    left join excluded
        on users.user_id = excluded.user_id
        and users.as_of_date = excluded.as_of_date
    where excluded.user_id is null
)

select * from sampled_users
where is_scoring_date or is_backfilled or is_in_snapshot
