{{ config(schema="main", meta={"published_order": "as_of_date, feature"}) }}

-- One row per snapshot but the first and feature (the score is one, `score`): whether
-- its users are spread over the values as at the snapshot before, by the population
-- stability index. Few users spread unevenly by chance: chance_index says how far.
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
        {{ stability_index("share", "earlier_share") }} as stability_index,
        {{ chance_of_drift("count(*)", "sum(users)", "sum(earlier_users)") }}
            as chance_index
    from shares
    group by as_of_date, earlier_date, feature
)

select
    *,
    case
        when stability_index < 0.1 or stability_index <= chance_index then 'stable'
        when stability_index < 0.25 then 'moderate'
        else 'large'
    end as drift
from drifts
