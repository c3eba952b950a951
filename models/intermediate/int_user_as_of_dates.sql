-- One row per user and as-of date on which the user is scored: who had a used event in
-- the look-back, (as_of_date - look_back_days, as_of_date]. Snapshots take a fixed
-- sample of them by a hash of the user id. At the scoring date, users who have
-- attributes only are scored too.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

-- Every day of a user has one of these.
active_days as (
    select
        user_id,
        activity_date
    from activity
    where event_type = '*' or not {{ is_feature_event("event_type") }}
),

active_users as (
    select
        active_days.user_id,
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_snapshot
    from as_of_dates
    inner join active_days
        on {{ in_look_back("active_days.activity_date", "as_of_dates.as_of_date") }}
    group by
        active_days.user_id,
        as_of_dates.as_of_date,
        as_of_dates.is_scoring_date,
        as_of_dates.is_snapshot
),

users_numbered as (
    select
        *,
        row_number() over (
            partition by as_of_date
            order by md5(user_id), user_id
        ) as sample_number
    from active_users
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
    user_id,
    as_of_date,
    is_scoring_date,
    is_snapshot and sample_number <= {{ var("snapshot_max_users") }} as is_in_snapshot,
    true as has_activity
from users_numbered
where is_scoring_date or sample_number <= {{ var("snapshot_max_users") }}
union all
select
    user_id,
    as_of_date,
    true as is_scoring_date,
    false as is_in_snapshot,
    false as has_activity
from attribute_users
