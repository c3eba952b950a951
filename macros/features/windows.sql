{# Condition: a day lies in the look-back of an as-of date, (D - look_back_days, D]. #}
{% macro in_look_back(day, as_of_date) -%}
    {{ as_of_date }} >= {{ day }}
    and {{ add_days(as_of_date, -whole_var("look_back_days")) }} < {{ day }}
{%- endmacro %}

{# Condition: a row of daily activity is what was known by a date; today's without one. #}
{% macro is_known(activity, known_by_date="date '9999-12-30'") -%}
    {{ known_by_date }} >= {{ activity }}.known_from_date
    and {{ known_by_date }} < {{ activity }}.known_until_date
{%- endmacro %}

{# How much a day of an event type counts for each feature, by its age in the window.
   Weights have nine decimals, so that their sums are exact. #}
{% macro feature_weights(features) %}
    select
        features.feature,
        features.event_type,
        features.measure,
        ages.number as age_days,
        ages.number = features.window_days - 1 as is_first_day,
        cast(
            coalesce(
                power(0.5, ages.number / cast(features.half_life_days as double)), 1
            ) as decimal(10, 9)
        ) as weight
    from {{ features }} as features
    inner join ({{ whole_numbers(var("look_back_days")) }}) as ages
        on features.window_days > ages.number
{% endmacro %}

{# What a day of activity adds to a feature, before its weight. A session counts on the
   first of its days in the window. #}
{% macro feature_quantity(activity, weights) -%}
    cast(
        case {{ weights }}.measure
            when 'events' then {{ activity }}.events
            when 'active_days' then {{ activity }}.active_days
            when 'sessions'
                then {{ activity }}.sessions
                    - if({{ weights }}.is_first_day, 0, {{ activity }}.continued_sessions)
            when 'minutes' then {{ activity }}.seconds
            when 'amount' then {{ activity }}.amount
            else 0
        end as decimal(27, 4)
    )
{%- endmacro %}

{# Seconds as minutes, both to nine decimals: whole numbers are divided, so that no half is
   rounded by chance. #}
{% macro minutes(seconds) -%}
    cast(
        {{ rounded_quotient("cast(" ~ seconds ~ " as decimal(28, 9)) * 1000000000", 60) }}
        as decimal(28, 0)
    ) * 0.000000001
{%- endmacro %}

{# Which event types reset which group of rules. #}
{% macro reset_types(groups, event_types) %}
    select
        groups.rule_group,
        event_types.event_type
    from {{ groups }} as groups
    inner join {{ event_types }} as event_types
        on contains(
            concat('|', groups.resets, '|'), concat('|', event_types.event_type, '|')
        )
    group by groups.rule_group, event_types.event_type
{% endmacro %}

{# A feature's value: what its days come to; of the time since the last, the least age. #}
{% macro feature_total(quantity) -%}
    case measure
        when 'days_since_last' then min(age_days)
        when 'minutes' then {{ minutes("sum(" ~ quantity ~ ")") }}
        else sum({{ quantity }})
    end
{%- endmacro %}
