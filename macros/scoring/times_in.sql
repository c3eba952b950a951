{# How many whole times `per` goes into a value, at least 0: exact for decimals, where
   a division would not be. The quotient of doubles is off by one at most. Beyond a
   million times the bound of a rule's points decides. Of wider decimals Spark would drop
   places as it compares them. #}
{% macro times_in(value, per) -%}
    {%- set quotient -%}
        cast({{ value }} as double) / cast({{ per }} as double)
    {%- endset -%}
    {%- set guess -%}
        cast(floor(greatest(least({{ quotient }}, 1000000), -1)) as bigint)
    {%- endset -%}
    greatest(
        {{ guess }}
        + case
            when cast({{ guess }} + 1 as decimal(10, 0)) * {{ per }} <= {{ value }}
                then 1
            when cast({{ guess }} as decimal(10, 0)) * {{ per }} > {{ value }} then -1
            else 0
        end,
        0
    )
{%- endmacro %}

{# Condition: a rule of `rules` applies to a value, or to a text. Unknown values satisfy
   none. #}
{% macro does_apply(values) -%}
    ({{ values }}.value is not null or {{ values }}.text_value is not null)
    and (rules.equals is null or lower({{ values }}.text_value) = lower(rules.equals))
    and (rules.min_value is null or {{ values }}.value >= rules.min_value)
    and (rules.max_value is null or {{ values }}.value <= rules.max_value)
{%- endmacro %}

{# What a rule of `rules` gives for a value before caps: nothing if it does not apply.
   Its bound has the sign of its points. #}
{% macro points_by(values) -%}
    case
        when not coalesce({{ does_apply(values) }}, false) then 0
        when rules.per is null then rules.points
        else
            case when rules.points < 0 then -1 else 1 end * least(
                abs(rules.points) * {{ times_in(values ~ ".value", "rules.per") }},
                coalesce(abs(rules.max_points), 1000000)
            )
    end
{%- endmacro %}
