-- One row: the first day with a used event, and the last that the data has reached: by
-- then or later a hundredth of the ids of a busy day (one that a tenth of the last 90
-- active days exceed) had an event, after over three silent days a fifth; up to five
-- ids a day, each counts. So no single wrong clock moves everybody's windows.
with

active_days as (select * from {{ ref("int_active_days") }}),

days as (
    select
        activity_date,
        ids,
        sum(ids_last_seen) over (order by activity_date desc) as ids_from_then_on,
        {{ days_between(
            "lag(activity_date) over (order by activity_date)", "activity_date"
        ) }} as days_since_last,
        row_number() over (order by activity_date desc) as recency
    from active_days
),

busy_day as (
    select ids from days
    where recency <= 90
    qualify row_number() over (order by ids desc) = 1 + floor(count(*) over () / 10)
),

stretches as (
    select
        activity_date,
        ids_from_then_on,
        min(
            case
                when days_since_last is null or days_since_last > 4
                    then ids_from_then_on
            end
        ) over (order by activity_date) as ids_of_stretch
    from days
)

select
    min(stretches.activity_date) as first_activity_date,
    max(stretches.activity_date) filter (
        where busy_day.ids <= stretches.ids_from_then_on * 100
        and busy_day.ids <= stretches.ids_of_stretch * 5
    ) as last_activity_date
from stretches
cross join busy_day
