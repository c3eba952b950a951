{{ config(schema="main", meta={"published_order": "user_id, as_of_date"}) }}

-- One row per person and snapshot whose horizon has fully passed: whether the outcome
-- came in (as_of_date, as_of_date + horizon_days], under any id known today to be the
-- person's. The label of that person and date: it may know what came later.
with

activity as (select * from {{ ref("int_activity_today") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

persons as (select * from {{ ref("int_user_as_of_dates") }}),

customers as (select * from {{ ref("int_customers") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

event_types as (select * from {{ ref("event_types") }}),

horizons as (
    select
        persons.user_id,
        persons.as_of_date,
        as_of_dates.horizon_end_date,
        coalesce(persons_today.person_id, persons.user_id) as person_today
    from persons
    inner join as_of_dates
        on persons.as_of_date = as_of_dates.as_of_date
    left join persons_today
        on persons.user_id = persons_today.user_id
    where persons.is_in_snapshot and as_of_dates.has_matured
),

daily_limit as (
    select max(max_per_day) as max_per_day from event_types
    where event_type = '{{ var("outcome_event_type") }}'
),

-- The daily limit is the person's, under however many ids.
outcome_days as (
    select
        activity.person_id,
        activity.activity_date,
        least(sum(activity.events), max(daily_limit.max_per_day)) as events
    from activity
    cross join daily_limit
    where activity.event_type = '{{ var("outcome_event_type") }}'
    group by activity.person_id, activity.activity_date
),

outcomes_in_horizon as (
    select
        horizons.user_id,
        horizons.as_of_date,
        sum(outcome_days.events) as outcomes,
        min(outcome_days.activity_date) as first_outcome_date
    from horizons
    inner join outcome_days
        on horizons.person_today = outcome_days.person_id
        and horizons.as_of_date < outcome_days.activity_date
        and horizons.horizon_end_date >= outcome_days.activity_date
    group by horizons.user_id, horizons.as_of_date
)

select
    horizons.user_id,
    horizons.as_of_date,
    horizons.horizon_end_date,
    customers.user_id is not null as is_customer,
    outcomes_in_horizon.user_id is not null as is_converted,
    cast(coalesce(outcomes_in_horizon.outcomes, 0) as integer) as outcomes,
    outcomes_in_horizon.first_outcome_date
from horizons
left join customers
    on horizons.user_id = customers.user_id
    and horizons.as_of_date = customers.as_of_date
left join outcomes_in_horizon
    on horizons.user_id = outcomes_in_horizon.user_id
    and horizons.as_of_date = outcomes_in_horizon.as_of_date
