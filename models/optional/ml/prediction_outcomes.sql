{{ config(schema="main", meta={"published_order": "model_version, as_of_date"}) }}

-- One row per model and past as-of date with predictions in the record: what they said,
-- and what followed within the horizon. Empty as long as no horizon has passed.
with

predictions as (select * from {{ ref("int_recorded_predictions") }}),

outcome_days as (select * from {{ ref("int_outcome_days") }}),

-- What is repeatable is counted again from each as-of date, as in user_outcomes.
days_so_far as (
    select
        predictions.model_version,
        predictions.as_of_date,
        predictions.user_id,
        outcome_days.activity_date,
        sum(outcome_days.events) over so_far as all_events,
        sum(outcome_days.amount) over so_far as all_amount
    from predictions
    inner join outcome_days
        on predictions.person_today = outcome_days.person_id
        and predictions.horizon_end_date >= outcome_days.activity_date
    where
        predictions.as_of_date < outcome_days.activity_date
        or not {{ var("outcome_is_repeatable") }}
    window so_far as (
        partition by
            predictions.model_version, predictions.as_of_date, predictions.user_id
        order by outcome_days.activity_date
    )
),

converted as (
    select
        model_version,
        as_of_date,
        user_id
    from days_so_far
    where {{ is_enough("all_events", "all_amount") }}
    group by model_version, as_of_date, user_id
    having min(activity_date) > as_of_date
)

select
    predictions.model_version,
    predictions.as_of_date,
    predictions.horizon_end_date,
    count(*) as users,
    cast(sum(predictions.propensity) as double) as predicted,
    count(converted.user_id) as conversions
from predictions
left join converted
    on predictions.model_version = converted.model_version
    and predictions.as_of_date = converted.as_of_date
    and predictions.user_id = converted.user_id
group by
    predictions.model_version, predictions.as_of_date, predictions.horizon_end_date
