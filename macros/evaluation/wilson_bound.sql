{# A bound of the 95 % interval for a rate, after E. B. Wilson, "Probable inference, the
   law of succession, and statistical inference", Journal of the American Statistical
   Association 22 (1927), 209-212. Unlike rate ± 1.96 standard errors it stays in 0..1
   and is honest for few users and for rates near 0. Counts go in, so that the same
   users give the same bits; NULL where nobody was counted. #}
{% macro wilson_bound(conversions, users, side) -%}
    {%- set z = 1.959964 -%}
    cast(
        cast(
            (
                2 * {{ conversions }} + {{ z ** 2 }}
                {{ "+" if side == "upper" else "-" }} {{ z }} * sqrt(
                    cast(
                        {{ z ** 2 }} + 4.0 * {{ conversions }}
                        * ({{ users }} - {{ conversions }}) / nullif({{ users }}, 0)
                        as double
                    )
                )
            ) / (2 * ({{ users }} + {{ z ** 2 }}))
            as decimal(7, 6)
        ) as double
    )
{%- endmacro %}

{# The rate itself; NULL where nobody was counted. #}
{% macro rate(part, whole) -%}
    cast({{ part }} as double) / nullif({{ whole }}, 0)
{%- endmacro %}
