-- One row per band that anybody was in at a snapshot: how many of them converted, all
-- snapshots together, and what that says of a user in the band.
with

scores as (select * from {{ ref("int_scores") }}),

outcomes as (select * from {{ ref("user_outcomes") }}),

bands as (
    select
        scores.band,
        count(*) as users,
        count(*) filter (where outcomes.is_converted) as conversions
    from outcomes
    inner join scores
        on outcomes.user_id = scores.user_id
        and outcomes.as_of_date = scores.as_of_date
    where not outcomes.is_customer
    group by scores.band
),

in_percent as (
    select
        *,
        100.0 * conversions / users as percent,
        100 * {{ wilson_bound("conversions", "users", "lower") }} as lower_percent,
        100 * {{ wilson_bound("conversions", "users", "upper") }} as upper_percent
    from bands
)

select
    band,
    users,
    conversions,
    concat(
        'Users in this band convert at ', {{ display_number("percent") }},
        ' % [', {{ display_number("lower_percent") }},
        '-', {{ display_number("upper_percent") }},
        '] within {{ var("horizon_days") }} days'
    ) as meaning
from in_percent
