-- One row per range of scores: what users in it converted at on past dates, and what to
-- expect of the next. Dates differ by more than their users do: the interval is that
-- for the rate of another date (Higgins, Thompson and Spiegelhalter 2009, J. R. Stat.
-- Soc. A 172:137), the variance between dates by moments, as of beta-binomial counts
-- (Kleinman 1973, JASA 68:46), and a standard error above: of few dates little is known
-- of it. One or two dates say nothing of it: rates are taken to vary by two
-- thirds of themselves (standard deviation).
with

past as (select * from {{ ref("int_cell_conversion") }}),

rates as (
    select
        *,
        dates - 1 as freedom,
        conversions / users as rate,
        case
            when dates > 1 and conversions between 1 and users - 1
                then (rate_sum - conversions * rate) / (rate * (1 - rate)) / freedom
        end as dispersion
    from past
),

with_correlation as (
    select
        *,
        if(dates > 2, {{ t_quantile("freedom") }}, 1.959964) as own_quantile,
        if(
            dates > 2,
            greatest(coalesce(dispersion, 1) * (1 + sqrt(2 / freedom)) - 1, 0)
            * freedom / (users - users_of_a_date),
            least(0.45 * rate / nullif(1 - rate, 0), 0.45)
        ) as own_correlation,
        cell like 'band%' or cell = 'all' as is_by_itself
    from rates
),

-- The few users of a score say too little about dates: log-odds are taken to vary as
-- those of all do.
with_variance as (
    select
        *,
        max(
            case when cell = 'all' then own_correlation end
            / nullif(rate * (1 - rate), 0)
        ) over () as date_variance,
        if(
            is_by_itself, own_quantile,
            max(case when cell = 'all' then own_quantile end) over ()
        ) as quantile
    from with_correlation
),

-- As many users of one date as would say as much of the rate of another.
effective as (
    select
        *,
        coalesce(
            if(is_by_itself, null, date_variance * rate * (1 - rate)), own_correlation
        ) as correlation,
        1 / (correlation * (1 + users_of_a_date / users) + design_effect / users)
            as effective_users
    from with_variance
)

select
    cell,
    dates,
    users,
    conversions,
    rate as conversion_rate,
    lowest_rate,
    highest_rate,
    dispersion,
    quantile * sqrt(date_variance * (1 + users_of_a_date / users)) as date_error,
    {{ rate_bound("rate", "effective_users", "quantile", "lower") }} as lower_rate,
    {{ rate_bound("rate", "effective_users", "quantile", "upper") }} as upper_rate
from effective
