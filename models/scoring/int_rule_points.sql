-- One row per user, as-of date and rule that applies, with its points before group
-- caps. Features without a value count as zero for rules that allow zero; unknown
-- attributes and "never" satisfy no rule. Values are read twice: a CTE used twice would
-- be stored. A view: to compute points twice is faster than to store them.
{{ config(materialized="view") }}

with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

known_values as (select * from {{ ref("user_feature_values") }}),

values_since as (select * from {{ ref("user_values_since_reset") }}),

features as (select * from {{ ref("features") }}),

rules as (select * from {{ ref("scoring_rules") }}),

features_allowing_zero as (
    select rules.feature
    from rules
    inner join features
        on rules.feature = features.feature
    where
        features.measure not in ('days_since_last', 'attribute', 'number')
        and rules.per is null
        and coalesce(rules.min_value, 0) <= 0
        and coalesce(rules.max_value, 0) >= 0
    group by rules.feature
),

all_values as (
    select
        user_id,
        as_of_date,
        feature,
        value,
        undecayed_value,
        text_value
    from feature_values
    union all
    select
        as_of_dates.user_id,
        as_of_dates.as_of_date,
        features_allowing_zero.feature,
        0 as value,
        0 as undecayed_value,
        null as text_value
    from as_of_dates
    cross join features_allowing_zero
    left join known_values
        on as_of_dates.user_id = known_values.user_id
        and as_of_dates.as_of_date = known_values.as_of_date
        and features_allowing_zero.feature = known_values.feature
    where known_values.feature is null
)

select
    all_values.user_id,
    all_values.as_of_date,
    rules.rule,
    rules.rule_group,
    {{ points_by("all_values") }} as points,
    case when values_since.feature is not null then {{ points_by("values_since") }} end
        as points_since_reset,
    coalesce(all_values.text_value, {{ display_number("all_values.undecayed_value") }})
        as value,
    rules.reason
from all_values
inner join rules
    on all_values.feature = rules.feature
left join values_since
    on all_values.user_id = values_since.user_id
    and all_values.as_of_date = values_since.as_of_date
    and all_values.feature = values_since.feature
    and rules.rule_group = values_since.rule_group
where {{ does_apply("all_values") }} or {{ does_apply("values_since") }}
