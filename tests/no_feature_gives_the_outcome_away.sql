-- No feature alone ranks converters before others almost perfectly: one that does knows
-- what came later. Its interval, not only its value, must lie beyond the bound, at a
-- snapshot with at least 20 conversions. The build stops and names such features.
with

feature_signals as (select * from {{ ref("feature_signals") }}),

leaks as (
    select
        feature,
        max(greatest(auc, 1 - auc)) as auc
    from feature_signals
    where
        greatest(lower_auc, 1 - upper_auc) > {{ var("leak_auc") }}
        and conversions >= 20
        and feature <> 'score'
    group by feature
),

named as (
    select
        feature,
        concat(feature, ' (AUC ', cast(cast(auc as decimal(4, 3)) as varchar), ')')
            as leak
    from leaks
),

verdict as (
    select
        count(*) as leaks,
        concat(
            'these features give the outcome away: ',
            {{ ordered_text("leak", order_by="feature", separator=", ") }},
            '. Alone they tell converters from others better than var leak_auc allows,',
            ' {{ var("leak_auc") }}: most likely they know what came after the as-of',
            ' date, as a profile column without valid_from may. Take them out of',
            ' features.csv, or date them.'
        ) as message
    from named
)

-- In the condition, since dbt only counts rows and would not look at a column.
select message
from verdict
where case when leaks > 0 then {{ raise_error("message") }} is null else false end
