{{ config(schema="main", meta={"published_order": "as_of_date, feature"}) }}

-- One row per snapshot but the first and feature (the score is one, `score`): whether
-- its users are spread over the values as at the snapshot before, by the population
-- stability index: the sum over bins of (share - earlier share) * ln(share / earlier
-- share), whose usual marks are 0.1 and 0.25: N. Siddiqi, "Credit Risk Scorecards"
-- (Wiley, 2006). Half a user more in each bin keeps it finite.
with

bins as (select * from {{ ref("int_feature_bins") }}),

shares as (
    select
        *,
        {{ rate("users + 0.5", "sum(users + 0.5) over by_feature") }} as share,
        {{ rate("earlier_users + 0.5", "sum(earlier_users + 0.5) over by_feature") }}
            as earlier_share
    from bins
    window by_feature as (partition by as_of_date, feature)
),

drifts as (
    select
        as_of_date,
        earlier_date,
        feature,
        cast(count(*) as integer) as bins,
        cast(sum(users) as bigint) as users,
        cast(sum(earlier_users) as bigint) as earlier_users,
        -- Decimals: their sum does not depend on the order.
        cast(
            sum(cast(
                (share - earlier_share) * ln(share / earlier_share) as decimal(18, 9)
            )) as double
        ) as stability_index,
        greatest(count(*) - 1, 1) as freedom
    from shares
    group by as_of_date, earlier_date, feature
),

-- What chance alone exceeds once in twenty times. Without drift the index, divided by
-- 1/users + 1/earlier users, is about chi-squared with bins - 1 degrees of freedom:
-- B. Yurdakul and J. Naranjo, "Statistical properties of the population stability
-- index", Journal of Risk Model Validation 14 (2020). Its 95 % point is Wilson and
-- Hilferty's approximation (1931).
with_chance as (
    select
        *,
        -- Rounded: of a power, engines have other last bits.
        cast(cast(freedom * power(
            1 - 2e0 / (9 * freedom) + 1.644854 * sqrt(2e0 / (9 * freedom)), 3
        ) * (1e0 / nullif(users, 0) + 1e0 / nullif(earlier_users, 0))
        as decimal(18, 9)) as double) as chance_index
    from drifts
)

select
    as_of_date,
    earlier_date,
    feature,
    bins,
    users,
    earlier_users,
    stability_index,
    chance_index,
    case
        when stability_index < 0.1 or stability_index <= chance_index then 'stable'
        when stability_index < 0.25 then 'moderate'
        else 'large'
    end as drift
from with_chance
