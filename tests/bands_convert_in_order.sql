-- No band converts less than a lower one beyond chance. Over all snapshots, for every
-- two bands: z = (rate of the lower - rate of the higher) / standard error of the
-- difference of two proportions with a common rate, by person. Above 3, where chance
-- alone comes once in 740 times, the build stops and says which.
with

performance as (select * from {{ ref("score_band_performance") }}),

all_snapshots as (
    select
        *,
        concat(
            band, ' (', cast(cast(100 * conversion_rate as decimal(5, 1)) as varchar),
            ' % of ', cast(users as varchar), ')'
        ) as rate_text
    from performance
    where as_of_date is null and users > 0
),

pairs as (
    select
        concat(higher.rate_text, ' less than ', lower_band.rate_text) as inversion,
        lower_band.conversion_rate - higher.conversion_rate as difference,
        higher.design_effect / higher.users
        + lower_band.design_effect / lower_band.users as spread,
        cast(higher.conversions + lower_band.conversions as double)
        / (higher.users + lower_band.users) as common_rate
    from all_snapshots as higher
    inner join all_snapshots as lower_band
        on higher.min_score > lower_band.min_score
),

verdict as (
    select
        count(*) as inversions,
        concat(
            'higher bands convert less than lower ones, and not by chance: ',
            {{ ordered_text("inversion", order_by="inversion", separator="; ") }},
            '. Look at score_band_performance and feature_signals, then fix',
            ' scoring_rules.csv or score_bands.csv.'
        ) as message
    from pairs
    where difference > 3 * sqrt(common_rate * (1 - common_rate) * spread)
)

-- In the condition, since dbt only counts rows and would not look at a column.
select message
from verdict
where case when inversions > 0 then {{ raise_error("message") }} is null else false end
