-- One row per person, snapshot and feature of whose events up to the snapshot some were
-- received after it only: its value as it was known, and as it had happened. Events
-- that two ids of a person have are added twice.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

features as (select * from {{ ref("features") }}),

weights as ({{ feature_weights("features") }}),

-- What is known today of days of which more came later, less what was known then.
late_days as (
    select
        coalesce(links.person_id, activity.user_id) as user_id,
        as_of_dates.as_of_date,
        activity.event_type,
        activity.activity_date,
        if({{ is_known("activity") }}, 1, -1) as active_days,
        activity.events * active_days as events,
        activity.sessions * active_days as sessions,
        activity.continued_sessions * active_days as continued_sessions,
        activity.seconds * active_days as seconds,
        activity.amount * active_days as amount
    from as_of_dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
        and ({{ is_known("activity") }})
        <> ({{ is_known("activity", "as_of_dates.as_of_date") }})
    left join links
        on as_of_dates.as_of_date = links.as_of_date
        and activity.user_id = links.user_id
    where as_of_dates.is_snapshot
),

late_quantities as (
    select
        late_days.user_id,
        late_days.as_of_date,
        weights.feature,
        weights.measure,
        min(weights.age_days) as age_days,
        cast(
            sum({{ feature_quantity("late_days", "weights") }} * weights.weight)
            as decimal(28, 9)
        ) as quantity
    from late_days
    inner join weights
        on late_days.event_type = weights.event_type
        and weights.age_days
        = {{ days_between("late_days.activity_date", "late_days.as_of_date") }}
    group by
        late_days.user_id, late_days.as_of_date, weights.feature, weights.measure
)

select
    late.user_id,
    late.as_of_date,
    late.feature,
    coalesce(known.value, if(late.measure = 'days_since_last', null, 0)) as value,
    cast(
        case late.measure
            when 'days_since_last' then least(known.value, late.age_days)
            when 'minutes' then {{ minutes(
                "greatest(coalesce(known.value, 0) * 60 + late.quantity, 0)"
            ) }}
            else coalesce(known.value, 0) + late.quantity
        end as decimal(28, 9)
    ) as happened_value
from late_quantities as late
left join feature_values as known
    on late.user_id = known.user_id
    and late.as_of_date = known.as_of_date
    and late.feature = known.feature
