{{ config(schema="main", meta={"published_order": "min_score"}) }}

-- One row per band: what users in it converted at on past dates, and what to expect of
-- the next. Dates differ by more than their users do: the interval is that for the rate
-- of another date (Higgins, Thompson and Spiegelhalter 2009, J. R. Stat. Soc. A
-- 172:137), the variance between dates by moments, as of beta-binomial counts (Kleinman
-- 1973, JASA 68:46), and a standard error above: of few dates little is known of it.
with

past_bands as (select * from {{ ref("int_band_conversion") }}),

bands as (select * from {{ ref("score_bands") }}),

rates as (
    select
        *,
        dates - 1 as freedom,
        conversions / users as rate,
        case
            when dates > 1 and conversions between 1 and users - 1
                then (rate_sum - conversions * rate) / (rate * (1 - rate)) / freedom
        end as dispersion
    from past_bands
),

-- As many users of one date as would say as much of the rate of another.
effective as (
    select
        *,
        if(dates > 2, {{ t_quantile("freedom") }}, 1.959964) as quantile,
        if(
            dates > 2,
            greatest(coalesce(dispersion, 1) * (1 + sqrt(2 / freedom)) - 1, 0)
            * freedom / (users - users_of_a_date),
            0
        ) as correlation,
        1 / (correlation * (1 + users_of_a_date / users) + design_effect / users)
            as effective_users
    from rates
),

bounds as (
    select
        *,
        {{ rate_bound("rate", "effective_users", "quantile", "lower") }} as lower_rate,
        {{ rate_bound("rate", "effective_users", "quantile", "upper") }} as upper_rate
    from effective
)

select
    bands.band,
    bands.min_score,
    coalesce(bounds.dates, 0) as dates,
    coalesce(bounds.users, 0) as users,
    coalesce(bounds.conversions, 0) as conversions,
    bounds.rate as conversion_rate,
    bounds.lowest_rate,
    bounds.highest_rate,
    bounds.dispersion,
    bounds.lower_rate,
    bounds.upper_rate,
    case
        when bounds.conversions = 0
            then concat(
                'None of ', cast(bounds.users as varchar), ' users in this band',
                ' converted: at most ', {{ display_percent("upper_rate") }}, ' % do'
            )
        when bounds.conversions > 0
            then concat(
                'Users in this band convert at ', {{ display_percent("rate") }}, ' % [',
                {{ display_percent("lower_rate") }}, '-',
                {{ display_percent("upper_rate") }}, ']'
            )
    end || ' within {{ var("horizon_days") }} days' as meaning
from bands
left join bounds
    on bands.band = bounds.band
