{{ config(schema="main") }}

-- One row per user, as-of date and feature that has a value. A window of w days is
-- (as_of_date - w, as_of_date]. Features without a row are zero, or, for days since the
-- last time and attributes, unknown.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

feature_weights as (select * from {{ ref("int_feature_weights") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

features as (select * from {{ ref("features") }}),

activity_in_window as (
    select
        as_of_dates.user_id,
        as_of_dates.as_of_date,
        feature_weights.feature,
        feature_weights.measure,
        feature_weights.age_days,
        feature_weights.weight,
        cast(
            case feature_weights.measure
                when 'events' then activity.events
                when 'active_days' then 1
                when 'sessions' then activity.sessions
                when 'minutes' then activity.minutes
                when 'amount' then activity.amount
                else 0
            end as decimal(28, 4)
        ) as quantity
    from as_of_dates
    inner join activity
        on as_of_dates.user_id = activity.user_id
        and as_of_dates.as_of_date >= activity.activity_date
    inner join feature_weights
        on activity.event_type = feature_weights.event_type
        and {{ days_between("activity.activity_date", "as_of_dates.as_of_date") }}
        = feature_weights.age_days
),

numbers as (
    select
        user_id,
        as_of_date,
        feature,
        case
            when measure = 'days_since_last' then min(age_days)
            else sum(quantity * weight)
        end as value,
        case
            when measure = 'days_since_last' then min(age_days)
            else sum(quantity)
        end as undecayed_value
    from activity_in_window
    group by user_id, as_of_date, feature, measure
),

attributes_as_of as (
    select
        as_of_dates.user_id,
        as_of_dates.as_of_date,
        features.feature,
        user_attributes.value,
        row_number() over (
            partition by as_of_dates.user_id, as_of_dates.as_of_date, features.feature
            order by user_attributes.valid_from desc nulls last
        ) as recency
    from as_of_dates
    inner join user_attributes
        on as_of_dates.user_id = user_attributes.user_id
        and (
            user_attributes.valid_from is null
            or as_of_dates.as_of_date >= user_attributes.valid_from
        )
    inner join features
        on user_attributes.attribute = features.feature
        and features.measure = 'attribute'
)

select
    user_id,
    as_of_date,
    feature,
    cast(value as decimal(28, 9)) as value,
    cast(undecayed_value as decimal(28, 4)) as undecayed_value,
    cast(null as varchar) as text_value
from numbers
union all
select
    user_id,
    as_of_date,
    feature,
    cast(null as decimal(28, 9)) as value,
    cast(null as decimal(28, 4)) as undecayed_value,
    value as text_value
from attributes_as_of
where recency = 1
