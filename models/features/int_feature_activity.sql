-- One row per user, as-of date, feature and day of activity in the feature's window,
-- (as_of_date - window_days, as_of_date]: what the day adds, and how much it counts.
-- Weights have nine decimals, so that their sums are exact.
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_person_activity") }}),

features as (select * from {{ ref("features") }}),

ages as ({{ whole_numbers(var("look_back_days")) }}),

weights as (
    select
        features.feature,
        features.event_type,
        features.measure,
        ages.number as age_days,
        ages.number = features.window_days - 1 as is_first_day,
        cast(
            coalesce(
                power(0.5, ages.number / cast(features.half_life_days as double)), 1
            ) as decimal(10, 9)
        ) as weight
    from features
    inner join ages
        on features.window_days > ages.number
)

select
    activity.user_id,
    activity.as_of_date,
    weights.feature,
    weights.measure,
    weights.age_days,
    weights.weight,
    cast(
        case weights.measure
            when 'events' then activity.events
            when 'active_days' then 1
            -- A session counts on the first of its days in the window.
            when 'sessions'
                then
                    activity.sessions
                    - case
                        when weights.is_first_day then 0
                        else activity.continued_sessions
                    end
            when 'minutes' then activity.seconds
            when 'amount' then activity.amount
            else 0
        end as decimal(28, 4)
    ) as quantity
from activity
inner join weights
    on activity.event_type = weights.event_type
    and {{ days_between("activity.activity_date", "activity.as_of_date") }}
    = weights.age_days
