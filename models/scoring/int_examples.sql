-- One row per person and snapshot to judge and to learn from: the score as of that
-- date, and whether the outcome followed. Customers are left out, and those whose label
-- somebody may have changed by acting.
with

outcomes as (select * from {{ ref("user_outcomes") }}),

scores as (select * from {{ ref("int_scores") }}),

acted_on as (select * from {{ ref("int_acted_on") }})

select
    outcomes.user_id,
    outcomes.as_of_date,
    scores.score,
    scores.band,
    scores.fit_band,
    outcomes.is_converted
from outcomes
inner join scores
    on outcomes.user_id = scores.user_id
    and outcomes.as_of_date = scores.as_of_date
anti join acted_on
    on outcomes.user_id = acted_on.user_id
    and outcomes.as_of_date = acted_on.as_of_date
where not outcomes.is_customer
