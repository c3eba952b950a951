{{ config(schema="main", meta={"published_order": "model_version, as_of_date"}) }}

-- One row per model and past as-of date with predictions in the record: what they said,
-- and what followed within the horizon. The last date in each horizon back from the end
-- of the data is taken. Empty as long as no horizon has passed.
with

recorded as not materialized (
    {{ recorded("predictions", {
        "user_id": "varchar", "as_of_date": "date", "propensity": "decimal(9, 8)",
        "model_version": "varchar", "outcome": "varchar", "horizon_days": "integer",
    }) }}
    where
        outcome = '{{ var("outcome_event_type") }}'
        and horizon_days = {{ whole_var("horizon_days") }}
),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

bounds as (select * from {{ ref("int_activity_bounds") }}),

activity as (select * from {{ ref("int_activity_today") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

dates as (
    select
        recorded.model_version,
        recorded.as_of_date,
        {{ days_between("recorded.as_of_date", "least(
            max(as_of_dates.as_of_date), max(bounds.last_activity_date)
        )") }} // {{ whole_var("horizon_days") }} as horizons_ago
    from recorded
    inner join as_of_dates
        on as_of_dates.is_scoring_date
    cross join bounds
    group by recorded.model_version, recorded.as_of_date
    qualify
        horizons_ago between 1 and {{ whole_var("snapshot_count") }}
        and row_number() over (
            partition by recorded.model_version, horizons_ago
            order by recorded.as_of_date desc
        ) = 1
),

predictions as (
    select
        recorded.*,
        {{ add_days("recorded.as_of_date", whole_var("horizon_days")) }}
            as horizon_end_date,
        coalesce(persons_today.person_id, recorded.user_id) as person_today
    from recorded
    inner join dates
        on recorded.model_version = dates.model_version
        and recorded.as_of_date = dates.as_of_date
    left join persons_today
        on recorded.user_id = persons_today.user_id
),

converted as (
    select distinct
        predictions.model_version,
        predictions.as_of_date,
        predictions.user_id
    from predictions
    inner join activity
        on predictions.person_today = activity.person_id
        and predictions.as_of_date < activity.activity_date
        and predictions.horizon_end_date >= activity.activity_date
    where
        activity.event_type = '{{ var("outcome_event_type") }}'
        and activity.events > 0
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
