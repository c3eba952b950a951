-- One row per user, as-of date and rule that applies, with its points before group
-- caps. Features without a value count as zero for rules that allow zero; unknown
-- attributes and "never" satisfy no rule.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

features as (select * from {{ ref("features") }}),

rules as (select * from {{ ref("scoring_rules") }}),

rules_allowing_zero as (
    select rules.feature
    from rules
    inner join features
        on rules.feature = features.feature
    where
        features.measure not in ('days_since_last', 'attribute')
        and rules.per is null
        and coalesce(rules.min_value, 0) <= 0
        and coalesce(rules.max_value, 0) >= 0
    group by rules.feature
),

zero_values as (
    select
        as_of_dates.user_id,
        as_of_dates.as_of_date,
        rules_allowing_zero.feature,
        cast(0 as decimal(28, 9)) as value,
        cast(0 as decimal(28, 4)) as undecayed_value,
        cast(null as varchar) as text_value
    from as_of_dates
    cross join rules_allowing_zero
    left join feature_values
        on as_of_dates.user_id = feature_values.user_id
        and as_of_dates.as_of_date = feature_values.as_of_date
        and rules_allowing_zero.feature = feature_values.feature
    where feature_values.feature is null
),

all_values as (
    select * from feature_values
    union all
    select * from zero_values
)

select
    all_values.user_id,
    all_values.as_of_date,
    rules.rule,
    rules.rule_group,
    {{ rule_points("all_values.value") }} as points,
    coalesce(
        all_values.text_value, {{ display_number("all_values.undecayed_value") }}
    ) as value,
    rules.reason
from all_values
inner join rules
    on all_values.feature = rules.feature
    and (rules.equals is null or all_values.text_value = rules.equals)
    and (rules.min_value is null or all_values.value >= rules.min_value)
    and (rules.max_value is null or all_values.value <= rules.max_value)
