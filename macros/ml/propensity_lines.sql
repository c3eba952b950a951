{# The lines of `explain_user` below the score: the propensity, and what each feature
   multiplies the odds by, the strongest first. #}
{% macro propensity_lines(propensities, effects, user_id) -%}
    select
        2000000 as line,
        null as points,
        null as score_so_far,
        null as odds_factor,
        concat(
            cast(cast(100 * propensity as decimal(5, 1)) as varchar), ' % within ',
            cast(horizon_days as varchar), ' days, rank ', cast(rank as varchar)
        ) as reason,
        concat('Propensity on ', cast(as_of_date as varchar)) as part
    from {{ propensities }} where user_id = {{ user_id }}
    union all
    select
        2000001 + row_number() over (order by feature <> 'base', abs(log_odds) desc, feature),
        null,
        null,
        cast(exp(log_odds) as decimal(18, 2)),
        reason,
        case when feature = 'base' then 'Every user' else 'Model' end
    from {{ effects }} where user_id = {{ user_id }}
{%- endmacro %}
