{# How many whole times `per` goes into a value, at least 0: exact for decimals, where
   a division would not be. The quotient of doubles is off by one at most. Beyond a
   million times the bound of a rule's points decides. #}
{% macro times_in(value, per) -%}
    {%- set guess -%}
        cast(
            floor(
                least(cast({{ value }} as double) / cast({{ per }} as double), 1000000)
            ) as bigint
        )
    {%- endset -%}
    greatest(
        {{ guess }}
        + case
            when ({{ guess }} + 1) * {{ per }} <= {{ value }} then 1
            when {{ guess }} * {{ per }} > {{ value }} then -1
            else 0
        end,
        0
    )
{%- endmacro %}
