{# Sum of products about the means of one arm in one cell, from sums of whole numbers:
   sum(xy) - sum(x) sum(y) / n. `side` is `control_` or empty. #}
{% macro centred_sum(side, products, first, second) -%}
    cast({{ side }}{{ products }} as double)
    - cast({{ side }}{{ first }} as double) * {{ side }}{{ second }} / {{ side }}users
{%- endmacro %}

{# Sum of squares about an arm's mean once the score's part is taken off:
   (y - slope x)² = Syy - 2 slope Sxy + slope² Sxx. #}
{% macro adjusted_spread(side) -%}
    {{ side }}spread
    - 2 * slope * {{ side }}joint_spread
    + slope * slope * {{ side }}score_spread
{%- endmacro %}

{# A sum in which no order of adding matters. #}
{% macro exact_sum(value, scale) -%}
    cast(sum(cast({{ value }} as decimal(38, {{ scale }}))) as double)
{%- endmacro %}

{# A whole number summed over rows that meet a condition. #}
{% macro sum_where(condition, column) -%}
    cast(sum(case when {{ condition }} then {{ column }} else 0 end) as bigint)
{%- endmacro %}
