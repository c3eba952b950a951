{{ config(schema="main", meta={"published_order": "min_score"}) }}

-- One row per band: what users in it converted at on past dates, and what to expect of
-- the next, as in int_cell_outlook.
with

outlook as (select * from {{ ref("int_cell_outlook") }}),

bands as (select * from {{ ref("score_bands") }})

select
    bands.band,
    bands.min_score,
    coalesce(outlook.dates, 0) as dates,
    coalesce(outlook.users, 0) as users,
    coalesce(outlook.conversions, 0) as conversions,
    outlook.conversion_rate,
    outlook.lowest_rate,
    outlook.highest_rate,
    outlook.dispersion,
    outlook.lower_rate,
    outlook.upper_rate,
    {{ conversion_meaning("in this band") }} as meaning
from bands
left join outlook
    on outlook.cell = concat('band ', bands.band)
where bands.score is null
