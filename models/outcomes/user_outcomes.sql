{{ config(schema="main", meta={"published_order": "user_id, as_of_date"}) }}

-- One row per user and snapshot whose horizon has fully passed: whether the outcome
-- came in (as_of_date, as_of_date + horizon_days]. The label of that user and date.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

horizons as (
    select
        user_as_of_dates.user_id,
        user_as_of_dates.as_of_date,
        user_as_of_dates.is_customer,
        as_of_dates.horizon_end_date
    from user_as_of_dates
    inner join as_of_dates
        on user_as_of_dates.as_of_date = as_of_dates.as_of_date
    where user_as_of_dates.is_in_snapshot and as_of_dates.has_matured
),

outcomes_in_horizon as (
    select
        horizons.user_id,
        horizons.as_of_date,
        sum(activity.events) as outcomes,
        min(activity.activity_date) as first_outcome_date
    from horizons
    inner join activity
        on horizons.user_id = activity.user_id
        and horizons.as_of_date < activity.activity_date
        and horizons.horizon_end_date >= activity.activity_date
    where activity.event_type = '{{ var("outcome_event_type") }}'
    group by horizons.user_id, horizons.as_of_date
)

select
    horizons.user_id,
    horizons.as_of_date,
    horizons.horizon_end_date,
    horizons.is_customer,
    outcomes_in_horizon.user_id is not null as is_converted,
    cast(coalesce(outcomes_in_horizon.outcomes, 0) as integer) as outcomes,
    outcomes_in_horizon.first_outcome_date
from horizons
left join outcomes_in_horizon
    on horizons.user_id = outcomes_in_horizon.user_id
    and horizons.as_of_date = outcomes_in_horizon.as_of_date
