{# A number as people write it: whole if it is whole, else with one decimal. #}
{% macro display_number(value) -%}
    case
        when {{ value }} = floor({{ value }})
            then cast(cast({{ value }} as bigint) as varchar)
        else cast(cast({{ value }} as decimal(28, 1)) as varchar)
    end
{%- endmacro %}
