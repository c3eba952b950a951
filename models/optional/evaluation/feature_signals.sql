{{ config(schema="main", meta={"published_order": "as_of_date, feature"}) }}

-- One row per snapshot and feature, and one per feature for all snapshots together (no
-- as_of_date): how well the feature alone ranks converters before others, as the area
-- under the ROC curve, by what was known and by all that had happened; `score`, too.
-- Texts are ranked within a snapshot, by how often they converted at earlier ones. For
-- all snapshots, intervals are by person: examples count as for the rate of all.
with

counts as (select * from {{ ref("int_feature_counts") }}),

conversion as (select * from {{ ref("int_cell_conversion") }}),

places as (
    select
        case when not views.is_of_all then counts.as_of_date end as as_of_date,
        case when counts.is_text then counts.as_of_date end as compared_within,
        counts.feature,
        views.is_happened,
        counts.text_rate,
        counts.value,
        sum(
            if(views.is_happened, counts.conversions_happened, counts.conversions)
        ) as converted,
        sum(if(views.is_happened, counts.users_happened, counts.users)) as people,
        any_value(
            if(views.is_of_all, coalesce(conversion.design_effect, 1), 1)
        ) as effect
    from counts
    cross join (values (false, false), (true, false), (false, true), (true, true))
        as views (is_of_all, is_happened)
    left join conversion
        on conversion.cell = 'all'
    where
        (not views.is_of_all or not counts.is_text or counts.text_rate is not null)
        and (counts.feature <> 'score' or {{ is_judged("counts.as_of_date") }})
    group by
        case when not views.is_of_all then counts.as_of_date end,
        case when counts.is_text then counts.as_of_date end,
        counts.feature,
        views.is_happened,
        counts.text_rate,
        counts.value
),

-- Twice the pairs that a value puts in the right order, ties half, and twice all pairs.
pairs as (
    select
        *,
        converted * (
            2 * (sum(people - converted) over so_far) - people + converted
        ) as in_order,
        2 * converted * sum(people - converted) over compared as all_pairs
    from places
    window
        compared as (partition by as_of_date, compared_within, feature, is_happened),
        so_far as (
            partition by as_of_date, compared_within, feature, is_happened
            order by text_rate nulls last, value nulls last
        )
)
{% set error = auc_error(
    "auc", "(conversions / any_value(effect))", "(users / any_value(effect))"
) %}
select
    as_of_date,
    feature,
    cast(sum(people) filter (where not is_happened) as bigint) as users,
    cast(sum(converted) filter (where not is_happened) as bigint) as conversions,
    {{ rate("sum(in_order) filter (where not is_happened)",
            "sum(all_pairs) filter (where not is_happened)") }} as auc,
    greatest(auc - 1.959964 * {{ error }}, 0) as lower_auc,
    least(auc + 1.959964 * {{ error }}, 1) as upper_auc,
    {{ rate("sum(in_order) filter (where is_happened)",
            "sum(all_pairs) filter (where is_happened)") }} as happened_auc
from pairs
group by as_of_date, feature
