{{ config(schema="main", meta={"published_order": "user_id, as_of_date"}) }}

-- One row per person and snapshot whose horizon has fully passed: whether the outcome
-- came in (as_of_date, as_of_date + horizon_days], under any id known today. The label.
with

outcome_days as (select * from {{ ref("int_outcome_days") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

persons as (select * from {{ ref("int_user_as_of_dates") }}),

customers as (select * from {{ ref("int_customers") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

horizons as (
    select
        persons.user_id,
        persons.as_of_date,
        as_of_dates.horizon_end_date,
        coalesce(persons_today.person_id, persons.user_id) as person_today,
        case when {{ var("outcome_is_repeatable") | lower }} then persons.as_of_date end
            as counted_after
    from persons
    inner join as_of_dates
        on persons.as_of_date = as_of_dates.as_of_date
    left join persons_today
        on persons.user_id = persons_today.user_id
    where persons.is_in_snapshot and as_of_dates.has_matured
),

-- What is repeatable is counted again from each as-of date. A range ends with its day.
days_so_far as (
    select
        horizons.user_id,
        horizons.as_of_date,
        outcome_days.activity_date,
        outcome_days.events,
        sum(outcome_days.events) over so_far as all_events,
        sum(outcome_days.amount) over so_far as all_amount
    from horizons
    inner join outcome_days
        on horizons.person_today = outcome_days.person_id
        and horizons.horizon_end_date >= outcome_days.activity_date
        and coalesce(horizons.counted_after < outcome_days.activity_date, true)
    window so_far as (
        partition by horizons.user_id, horizons.as_of_date
        order by outcome_days.activity_date
    )
),

outcomes_so_far as (
    select
        user_id,
        as_of_date,
        sum(events) filter (where activity_date > as_of_date) as outcomes,
        min(activity_date) filter (where {{ is_enough("all_events", "all_amount") }})
            as first_outcome_date
    from days_so_far
    group by user_id, as_of_date
)

select
    horizons.user_id,
    horizons.as_of_date,
    horizons.horizon_end_date,
    customers.user_id is not null as is_customer,
    coalesce(outcomes_so_far.first_outcome_date > horizons.as_of_date, false)
        as is_converted,
    cast(coalesce(outcomes_so_far.outcomes, 0) as integer) as outcomes,
    case when is_converted then outcomes_so_far.first_outcome_date end
        as first_outcome_date
from horizons
left join customers
    on horizons.user_id = customers.user_id
    and horizons.as_of_date = customers.as_of_date
left join outcomes_so_far
    on horizons.user_id = outcomes_so_far.user_id
    and horizons.as_of_date = outcomes_so_far.as_of_date
