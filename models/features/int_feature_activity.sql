-- One row per user, as-of date, feature and day of activity in the feature's window,
-- (as_of_date - window_days, as_of_date]: what the day adds, what it adds where it is
-- the first that counts, and how much it counts.
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_person_activity") }}),

features as (select * from {{ ref("features") }}),

weights as ({{ feature_weights("features") }}),

days as (
    select
        *,
        1 as active_days
    from activity
)

select
    days.user_id,
    days.as_of_date,
    weights.feature,
    weights.measure,
    weights.age_days,
    weights.weight,
    {{ feature_quantity("days", "weights") }} as quantity,
    case
        when weights.measure = 'sessions' then cast(days.sessions as decimal(27, 4))
        else quantity
    end as first_quantity
from days
inner join weights
    on days.event_type = weights.event_type
    and {{ days_between("days.activity_date", "days.as_of_date") }}
    = weights.age_days
