-- One row per snapshot, feature (or `score`) and value: who had it, who converted, by
-- what was known and by all that had happened. Texts: how often they did earlier.
with

examples as (select * from {{ ref("training_examples") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

late_values as (select * from {{ ref("int_late_values") }}),

features as (select * from {{ ref("features") }}),

valued as (
    select
        feature,
        measure
    from features
    union all
    values ('score', 'score')
),

all_values as (
    select
        examples.as_of_date,
        valued.feature,
        valued.measure = 'attribute' as is_text,
        coalesce(feature_values.value, case
            when valued.measure = 'score' then examples.score
            when valued.measure not in ('days_since_last', 'attribute', 'number') then 0
        end) as value,
        feature_values.text_value,
        cast(examples.is_converted as integer) as is_converted,
        1 as users,
        1 as users_happened
    from examples
    cross join valued
    left join feature_values
        on examples.user_id = feature_values.user_id
        and examples.as_of_date = feature_values.as_of_date
        and valued.feature = feature_values.feature
    union all
    select
        examples.as_of_date,
        late_values.feature,
        null as is_text,
        if(sides.happened = 1, late_values.happened_value, late_values.value) as value,
        null as text_value,
        cast(examples.is_converted as integer) as is_converted,
        0 as users,
        sides.happened as users_happened
    from examples
    inner join late_values
        on examples.user_id = late_values.user_id
        and examples.as_of_date = late_values.as_of_date
    cross join (values (-1), (1)) as sides (happened)
)

select
    as_of_date,
    feature,
    coalesce(bool_or(is_text), false) as is_text,
    cast(value as decimal(28, 9)) as value,
    text_value,
    sum(users) as users,
    sum(users * is_converted) as conversions,
    sum(users_happened) as users_happened,
    sum(users_happened * is_converted) as conversions_happened,
    case
        when bool_or(is_text) and as_of_date > min(as_of_date) over ()
            then {{ rate(
                "coalesce(sum(sum(users * is_converted)) over earlier, 0)",
                "(coalesce(sum(sum(users)) over earlier, 0) + 1)"
            ) }}
    end as text_rate
from all_values
group by as_of_date, feature, value, text_value
window earlier as (
    partition by feature, value, text_value order by as_of_date
    rows between unbounded preceding and 1 preceding
)
