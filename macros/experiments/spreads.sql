{# Sum of products about the means of one arm in one cell, from sums of whole numbers:
   sum(xy) - sum(x) sum(y) / n. `side` is `control_` or empty. #}
{% macro centred_sum(side, products, first, second) -%}
    cast({{ side }}{{ products }} as double)
    - cast({{ side }}{{ first }} as double) * {{ side }}{{ second }} / {{ side }}users
{%- endmacro %}

{# Variance of an arm's mean once the score's part is taken off:
   var(y - slope x) / n = (Syy - 2 slope Sxy + slope² Sxx) / (n - 1) / n. #}
{% macro adjusted_variance(side) -%}
    (
        {{ side }}spread
        - 2 * slope * {{ side }}joint_spread
        + slope * slope * {{ side }}score_spread
    ) / ({{ side }}users - 1) / {{ side }}users
{%- endmacro %}

{# A whole number summed over rows that meet a condition. #}
{% macro sum_where(condition, column) -%}
    cast(sum(case when {{ condition }} then {{ column }} else 0 end) as bigint)
{%- endmacro %}
