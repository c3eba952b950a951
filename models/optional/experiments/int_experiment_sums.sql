-- One row per experiment, arm, band, stratum and day on which outcomes matured: whole
-- numbers from which every statistic of the readout is computed. A conversion is 0 or
-- 1, so that its square is itself.
with

users as (select * from {{ ref("int_experiment_users") }})

select
    experiment,
    arm,
    band,
    stratum,
    matured_date,
    count(*) as users,
    count(*) filter (where is_converted) as conversions,
    cast(sum(score) as bigint) as score_sum,
    cast(sum(score * score) as bigint) as score_squares_sum,
    cast(coalesce(sum(score) filter (where is_converted), 0) as bigint)
        as converted_score_sum
from users
where is_matured and is_analysed
group by experiment, arm, band, stratum, matured_date
