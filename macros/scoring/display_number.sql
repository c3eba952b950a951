{# A number as people write it: with one decimal below ten if it has any, else whole. #}
{% macro display_number(value) -%}
    case
        when {{ value }} = floor({{ value }}) or abs({{ value }}) >= 10
            then cast(cast({{ value }} as bigint) as varchar)
        else cast(cast({{ value }} as decimal(28, 1)) as varchar)
    end
{%- endmacro %}
