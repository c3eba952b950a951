{# The share of rows below a value, and of half the rows equal to it, in percent. #}
{% macro middle_percentile(value) -%}
    cast(
        100.0 * (
            rank() over (order by {{ value }}) - 1
            + count(*) over (partition by {{ value }}) / 2.0
        ) / count(*) over () as decimal(5, 1)
    )
{%- endmacro %}
