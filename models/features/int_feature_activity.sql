-- One row per user, as-of date, feature and day of activity in the feature's window,
-- (as_of_date - window_days, as_of_date]: what the day adds, and how much it counts.
{{ config(materialized="view") }}

with

person_activity as (select * from {{ ref("int_person_activity") }}),

features as (select * from {{ ref("features") }}),

weights as ({{ feature_weights("features") }}),

activity as (
    select
        *,
        1 as active_days
    from person_activity
)

select
    activity.user_id,
    activity.as_of_date,
    weights.feature,
    weights.measure,
    weights.age_days,
    weights.weight,
    {{ feature_quantity("activity", "weights") }} as quantity
from activity
inner join weights
    on activity.event_type = weights.event_type
    and {{ days_between("activity.activity_date", "activity.as_of_date") }}
    = weights.age_days
