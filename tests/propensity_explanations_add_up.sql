-- What features add to the log-odds sums to the margin, and whoever is explained has a
-- propensity.
with

propensity as (select * from {{ ref("user_propensity") }}),

contributions as (select * from {{ ref("user_propensity_contributions") }}),

sums as (
    select
        user_id,
        sum(log_odds) as log_odds
    from contributions
    group by user_id
)

select
    sums.user_id,
    sums.log_odds,
    propensity.margin
from sums
left join propensity
    on sums.user_id = propensity.user_id
where
    propensity.user_id is null
    or abs(sums.log_odds - propensity.margin) > 0.000001
