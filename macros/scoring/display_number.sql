{# A number as people write it: with one decimal below ten if it has any, else whole. #}
{% macro display_number(value) -%}
    {%- set rounded = "cast(" ~ value ~ " as decimal(28, 1))" -%}
    case
        when abs({{ rounded }}) >= 10
            then cast(cast({{ value }} as bigint) as varchar)
        when {{ rounded }} = floor({{ rounded }})
            then cast(cast({{ rounded }} as bigint) as varchar)
        else cast({{ rounded }} as varchar)
    end
{%- endmacro %}
