{# Shares of arms are decimals (0.25) or fractions (1/3): both as whole numbers, so that
   thirds are thirds. #}

{# Above the line of a share. #}
{% macro share_numerator(share) -%}
    case
        when contains({{ share }}, '/') then cast(split_part({{ share }}, '/', 1) as bigint)
        else cast(10000 * cast({{ share }} as decimal(9, 4)) as bigint)
    end
{%- endmacro %}

{# Below the line of a share. #}
{% macro share_denominator(share) -%}
    case
        when contains({{ share }}, '/') then cast(split_part({{ share }}, '/', 2) as bigint)
        else 10000
    end
{%- endmacro %}

{# A share as a decimal, as assignments have it. #}
{% macro arm_share(share) -%}
    cast(
        1.0 * {{ share_numerator(share) }} / {{ share_denominator(share) }} as decimal(9, 6)
    )
{%- endmacro %}
