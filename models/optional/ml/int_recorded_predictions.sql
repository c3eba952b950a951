-- One row per model, past as-of date and user: the predictions of the record to be held
-- against what followed. Of the last snapshot_count horizons back from the end of the
-- data, each the last date in it. Empty as long as no horizon has passed.
{{ config(materialized="view") }}

with

recorded as not materialized (
    {{ recorded("predictions", {
        "user_id": "varchar", "as_of_date": "date", "propensity": "decimal(9, 8)",
        "model_version": "varchar", "outcome": "varchar", "horizon_days": "integer",
    }) }}
    where
        outcome = {{ sql_text(outcome_terms().words) }}
        and horizon_days = {{ whole_var("horizon_days") }}
),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

bounds as (select * from {{ ref("int_activity_bounds") }}),

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
)

select
    recorded.model_version,
    recorded.as_of_date,
    {{ add_days("recorded.as_of_date", whole_var("horizon_days")) }}
        as horizon_end_date,
    recorded.user_id,
    recorded.propensity,
    coalesce(persons_today.person_id, recorded.user_id) as person_today
from recorded
inner join dates
    on recorded.model_version = dates.model_version
    and recorded.as_of_date = dates.as_of_date
left join persons_today
    on recorded.user_id = persons_today.user_id
