-- One row per snapshot, feature and value: how many users had it and how many of them
-- converted. Users without a value are in it: as zero, or as NULL where that means
-- "never" or "unknown". The score is treated as a feature, `score`. Texts have an order
-- by how often they converted at earlier snapshots, so as not to peep at this one.
with

examples as (select * from {{ ref("training_examples") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

features as (select * from {{ ref("features") }}),

all_values as (
    select
        examples.as_of_date,
        features.feature,
        features.measure = 'attribute' as is_text,
        case
            when features.measure in ('days_since_last', 'attribute', 'number')
                then feature_values.value
            else coalesce(feature_values.value, 0)
        end as value,
        feature_values.text_value,
        examples.is_converted
    from examples
    cross join features
    left join feature_values
        on examples.user_id = feature_values.user_id
        and examples.as_of_date = feature_values.as_of_date
        and features.feature = feature_values.feature
    union all
    select
        as_of_date,
        'score' as feature,
        false as is_text,
        score as value,
        cast(null as varchar) as text_value,
        is_converted
    from examples
),

counts as (
    select
        as_of_date,
        feature,
        is_text,
        cast(value as decimal(28, 9)) as value,
        text_value,
        count(*) as users,
        count(*) filter (where is_converted) as conversions
    from all_values
    group by as_of_date, feature, is_text, value, text_value
)

select
    as_of_date,
    feature,
    value,
    text_value,
    users,
    conversions,
    case
        when is_text
            then {{ rate(
                "coalesce(sum(conversions) over earlier, 0)",
                "(coalesce(sum(users) over earlier, 0) + 1)"
            ) }}
    end as text_rate
from counts
window earlier as (
    partition by feature, value, text_value
    order by as_of_date
    rows between unbounded preceding and 1 preceding
)
