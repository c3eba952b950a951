-- One row per user and as-of date on which the user is scored: who had a used event in
-- the look-back, (as_of_date - look_back_days, as_of_date]. Snapshots take a fixed
-- sample of them by a hash of the user id. At the scoring date, users who have
-- attributes only are scored too.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

active_users as (
    select
        activity.user_id,
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_snapshot
    from as_of_dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
    -- Every day of a user has one of these.
    where activity.event_type = '*' or not {{ is_feature_event("activity.event_type") }}
    group by
        activity.user_id,
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_snapshot
),

sampled_users as (
    select
        user_id,
        as_of_date
    from active_users
    where is_snapshot
    qualify
        row_number() over (partition by as_of_date order by md5(user_id), user_id)
        <= {{ var("snapshot_max_users") }}
),

attribute_users as (
    select
        user_attributes.user_id,
        as_of_dates.as_of_date
    from user_attributes
    inner join as_of_dates
        on as_of_dates.is_scoring_date
        and (
            user_attributes.valid_from is null
            or user_attributes.valid_from <= as_of_dates.as_of_date
        )
    left join active_users
        on user_attributes.user_id = active_users.user_id
        and as_of_dates.as_of_date = active_users.as_of_date
    where active_users.user_id is null
    group by user_attributes.user_id, as_of_dates.as_of_date
)

select
    active_users.user_id,
    active_users.as_of_date,
    active_users.is_scoring_date,
    sampled_users.user_id is not null as is_in_snapshot,
    true as has_activity
from active_users
left join sampled_users
    on active_users.user_id = sampled_users.user_id
    and active_users.as_of_date = sampled_users.as_of_date
where active_users.is_scoring_date or sampled_users.user_id is not null
union all
select
    user_id,
    as_of_date,
    true as is_scoring_date,
    false as is_in_snapshot,
    false as has_activity
from attribute_users
