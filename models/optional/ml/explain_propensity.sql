-- How likely one user is to have the outcome, by the trained model, and what each
-- feature multiplies the odds by, strongest first: from explain_propensity('u42');
{{
    config(
        schema="main",
        materialized="table_function",
        parameters=["wanted_user_id"],
    )
}}

with

propensities as (select * from {{ ref("user_propensity") }}),

effects as (select * from {{ ref("user_propensity_contributions") }}),

lines as (
    select
        0 as line,
        cast(null as decimal(18, 2)) as odds_factor,
        'Propensity on ' || cast(as_of_date as varchar) as part,
        concat(
            cast(cast(100 * propensity as decimal(5, 1)) as varchar), ' %',
            ' [' || {{ display_percent("lower_propensity") }} || '-'
            || {{ display_percent("upper_propensity") }} || ']', ' within ',
            cast(horizon_days as varchar), ' days, rank ', cast(rank as varchar)
        ) as reason
    from propensities
    where user_id = wanted_user_id
    union all
    select
        row_number() over (
            order by feature <> 'base', abs(log_odds) desc, feature
        ) as line,
        cast(exp(log_odds) as decimal(18, 2)) as odds_factor,
        case when feature = 'base' then 'Every user' else 'Model' end as part,
        reason
    from effects
    where user_id = wanted_user_id
)

select
    odds_factor,
    part,
    reason
from lines
order by line
