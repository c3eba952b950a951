{{ config(schema="main", meta={"published_order": "as_of_date, feature"}) }}

-- One row per snapshot and feature, and one per feature for all snapshots together (no
-- as_of_date): how well the feature alone ranks converters before others, as the area
-- under the ROC curve. Texts are ranked by how often they converted at earlier
-- snapshots. The score is in it, as `score`.
with

counts as (select * from {{ ref("int_feature_counts") }}),

sums (is_of_all) as (values (false), (true)),

places as (
    select
        case when not sums.is_of_all then counts.as_of_date end as as_of_date,
        counts.feature,
        counts.text_rate,
        counts.value,
        sum(counts.conversions) as conversions,
        sum(counts.users - counts.conversions) as others
    from counts
    cross join sums
    where counts.feature <> 'score' or {{ is_judged("counts.as_of_date") }}
    group by
        case when not sums.is_of_all then counts.as_of_date end,
        counts.feature,
        counts.text_rate,
        counts.value
),

in_order as (
    select
        *,
        coalesce(sum(others) over (
            partition by as_of_date, feature
            order by text_rate nulls last, value nulls last
            rows between unbounded preceding and 1 preceding
        ), 0) as others_below
    from places
),

areas as (
    select
        as_of_date,
        feature,
        cast(sum(conversions + others) as bigint) as users,
        cast(sum(conversions) as bigint) as conversions,
        {{ rate(
            "sum(conversions * (2 * others_below + others))",
            "(2 * sum(conversions) * sum(others))"
        ) }} as auc
    from in_order
    group by as_of_date, feature
),

-- J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver
-- operating characteristic (ROC) curve", Radiology 143 (1982), 29-36.
with_errors as (
    select
        *,
        sqrt(greatest(
            (
                auc * (1 - auc)
                + (conversions - 1) * (auc / (2 - auc) - auc * auc)
                + (users - conversions - 1) * (2 * auc * auc / (1 + auc) - auc * auc)
            ) / nullif(cast(conversions as double) * (users - conversions), 0),
            0
        )) as standard_error
    from areas
)

select
    as_of_date,
    feature,
    users,
    conversions,
    auc,
    greatest(auc - 1.959964 * standard_error, 0) as lower_auc,
    least(auc + 1.959964 * standard_error, 1) as upper_auc
from with_errors
