-- One row per user and as-of date on which the user is scored: who had a used event in
-- the look-back, (as_of_date - look_back_days, as_of_date]. Snapshots take a fixed
-- sample of them by a hash of the user id, other dates all, and attributes suffice. Who
-- had the outcome by then is a customer. Nobody whom exclusions.csv leaves out is there.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

outcomes as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

excluded as (select * from {{ ref("int_excluded_users") }}),

customers as (
    select
        user_id,
        min(activity_date) as customer_since_date
    from outcomes
    where event_type = '{{ var("outcome_event_type") }}'
        and {{ "not true" if var("outcome_is_repeatable") else "true" }}
    group by user_id
),

active_users as (
    select
        activity.user_id,
        as_of_dates.as_of_date
    from as_of_dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
    where activity.event_type = '*' or not {{ is_feature_event("activity.event_type") }}
    group by activity.user_id, as_of_dates.as_of_date
    having (activity.user_id, as_of_dates.as_of_date)
        not in (select user_id, as_of_date from excluded)
),

users as (
    select
        *,
        row_number() over (partition by as_of_date order by md5(user_id), user_id)
        <= {{ var("snapshot_max_users") }} as is_in_sample,
        true as has_activity
    from active_users
    union all
    select
        user_attributes.user_id,
        as_of_dates.as_of_date,
        false as is_in_sample,
        false as has_activity
    from user_attributes
    inner join as_of_dates
        on (as_of_dates.is_scoring_date or as_of_dates.is_backfilled)
        and coalesce(user_attributes.valid_from <= as_of_dates.as_of_date, true)
    left join active_users
        on user_attributes.user_id = active_users.user_id
        and as_of_dates.as_of_date = active_users.as_of_date
    where active_users.user_id is null
    group by user_attributes.user_id, as_of_dates.as_of_date
    having (user_attributes.user_id, as_of_dates.as_of_date)
        not in (select user_id, as_of_date from excluded)
)

select
    users.user_id,
    users.as_of_date,
    as_of_dates.is_scoring_date,
    as_of_dates.is_backfilled,
    as_of_dates.is_snapshot and users.is_in_sample as is_in_snapshot,
    users.has_activity,
    customers.user_id is not null as is_customer
from users
inner join as_of_dates
    on users.as_of_date = as_of_dates.as_of_date
left join customers
    on users.user_id = customers.user_id
    and users.as_of_date >= customers.customer_since_date
where as_of_dates.is_scoring_date or as_of_dates.is_backfilled or is_in_snapshot
