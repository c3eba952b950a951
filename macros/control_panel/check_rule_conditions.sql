{# Rules that can never fire, and rules that would fire for everybody. #}
{% macro check_rule_conditions() %}
    {{ mistakes_in("rules_on_features", "scoring_rules", [
        [
            "min_value",
            "min_value > largest_value",
            "'<min_value_text>' can never be reached",
            "at most <largest_text>, the most that <feature> can be",
        ],
        [
            "max_value",
            "max_value < smallest_value",
            "'<max_value_text>' can never be met",
            "at least 0, the least that <feature> can be",
        ],
        [
            "max_value",
            "is_whole and min_value <= max_value and ceil(min_value) > floor(max_value)",
            "no whole number lies between '<min_value_text>' and '<max_value_text>'",
            "a range with a whole number in it, as <feature> is whole",
        ],
        [
            "per",
            "per > 0 and per > least(max_value, largest_value)",
            "'<per_text>' can never be reached",
            "at most <largest_allowed_text>, the most that <feature> can be in this rule",
        ],
        [
            "min_value",
            "fires_for_everybody",
            "the rule would give its points to everybody",
            "a min_value above 0, a max_value or per",
        ],
    ]) }}
{% endmacro %}

{# Rules with what their feature can be, and the earlier rule with the same conditions. #}
{% macro control_panel_rules_on_features() %}
    select
        scoring_rules.*,
        ranges.measure,
        ranges.smallest_value,
        ranges.largest_value,
        ranges.is_whole,
        {{ plain_number("ranges.largest_value") }} as largest_text,
        {{ plain_number("least(scoring_rules.max_value, ranges.largest_value)") }}
            as largest_allowed_text,
        -- Never is not a number of days: a rule without bounds means "at all".
        ranges.measure not in ('days_since_last', 'attribute')
        and scoring_rules.equals is null
        and scoring_rules.per_text is null
        and case
            when scoring_rules.min_value_text is null then true
            else scoring_rules.min_value <= ranges.smallest_value
        end
        and case
            when scoring_rules.max_value_text is null then true
            else scoring_rules.max_value >= ranges.largest_value
        end as fires_for_everybody,
        lag(scoring_rules.row_number) over same_conditions as twin_row,
        lag(scoring_rules.rule) over same_conditions as twin
    from scoring_rules
    left join ({{ control_panel_feature_ranges() }}) as ranges
        on scoring_rules.feature = ranges.feature
    window same_conditions as (
        partition by
            scoring_rules.feature,
            coalesce(cast(scoring_rules.min_value as varchar), scoring_rules.min_value_text),
            coalesce(cast(scoring_rules.max_value as varchar), scoring_rules.max_value_text),
            coalesce(cast(scoring_rules.per as varchar), scoring_rules.per_text),
            scoring_rules.equals
        order by scoring_rules.row_number
    )
{% endmacro %}

{# The smallest and largest value of each feature, NULL if there is no telling. Counts
   are bounded where their event types have a daily limit; with a half-life each day
   counts for its weight. #}
{% macro control_panel_feature_ranges() %}
    select
        features.feature,
        features.measure,
        features.measure in ('active_days', 'sessions', 'days_since_last')
        or (features.measure = 'events' and features.half_life_days_text is null) as is_whole,
        case when features.measure not in ('amount', 'attribute') then 0 end as smallest_value,
        cast(
            case
                when features.measure = 'active_days' then features.window_days
                when features.measure = 'days_since_last' then features.window_days - 1
                when features.measure in ('events', 'sessions') then limits.max_per_day * list_sum([
                    cast(
                        coalesce(pow(0.5, age / nullif(features.half_life_days, 0)), 1)
                        as decimal(18, 9)
                    )
                    for age in range(greatest(least(features.window_days, 3650), 0))
                ])
            end as decimal(38, 9)
        ) as largest_value
    from features
    left join ({{ control_panel_daily_limits() }}) as limits
        on features.event_type = limits.event_type
    qualify row_number() over (partition by features.feature order by features.row_number) = 1
{% endmacro %}

{# The daily limit of each event type, and of all together, if all have one. #}
{% macro control_panel_daily_limits() %}
    with limits as (
        select event_type, max(max_per_day) as max_per_day
        from event_types
        group by event_type
    )

    select event_type, max_per_day from limits
    union all
    select '*', case when count(*) = count(max_per_day) then sum(max_per_day) end from limits
{% endmacro %}

{# A decimal without the zeros at its end. #}
{% macro plain_number(value) -%}
    regexp_replace(cast({{ value }} as varchar), '[.]?0+$', '')
{%- endmacro %}
