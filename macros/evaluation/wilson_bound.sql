{# A bound of the 95 % interval for a rate, after E. B. Wilson, "Probable inference, the
   law of succession, and statistical inference", Journal of the American Statistical
   Association 22 (1927), 209-212. Unlike rate ± 1.96 standard errors it stays in 0..1
   and is honest for few users and for rates near 0. Counts go in, so that the same
   users give the same bits; NULL where nobody was counted. #}
{% macro wilson_bound(conversions, users, side, design_effect=none) -%}
    {%- set z = 1.959964 -%}
    {%- set square = z ** 2 ~ "e0" -%}
    {%- if design_effect -%}
        {%- set conversions = "(" ~ conversions ~ " / " ~ design_effect ~ ")" -%}
        {%- set users = "(" ~ users ~ " / " ~ design_effect ~ ")" -%}
    {%- endif -%}
    cast(
        cast(
            (
                2 * {{ conversions }} + {{ square }}
                {{ "+" if side == "upper" else "-" }} {{ z }}e0 * sqrt(
                    cast(
                        {{ square }} + 4e0 * {{ conversions }}
                        * ({{ users }} - {{ conversions }}) / nullif({{ users }}, 0)
                        as double
                    )
                )
            ) / (2 * ({{ users }} + {{ square }}))
            as decimal(7, 6)
        ) as double
    )
{%- endmacro %}

{# The same from a rate, the users that it is worth, and another quantile than the normal
   one; in columns of their own. #}
{% macro rate_bound(rate, users, quantile, side) -%}
    cast(
        cast(
            (
                {{ rate }} + {{ quantile }} * {{ quantile }} / (2 * {{ users }})
                {{ "+" if side == "upper" else "-" }} {{ quantile }} * sqrt(
                    {{ rate }} * (1 - {{ rate }}) / {{ users }}
                    + {{ quantile }} * {{ quantile }} / (4 * {{ users }} * {{ users }})
                )
            ) / (1 + {{ quantile }} * {{ quantile }} / {{ users }})
            as decimal(9, 8)
        ) as double
    )
{%- endmacro %}

{# The 97.5 % quantile of Student's t distribution, from two degrees of freedom on, where
   it is 3 % too small, to a thousandth from five (Abramowitz and Stegun 1964, 26.7.5). #}
{% macro t_quantile(freedom) -%}
    {%- set z = 1.959964 -%}
    (
        {{ z }}
        + {{ (z ** 3 + z) / 4 }}e0 / {{ freedom }}
        + {{ (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96 }}e0 / power({{ freedom }}, 2)
        + {{ (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384 }}e0 / power({{ freedom }}, 3)
    )
{%- endmacro %}

{# The rate itself; NULL where nobody was counted. #}
{% macro rate(part, whole) -%}
    cast({{ part }} as double) / nullif({{ whole }}, 0)
{%- endmacro %}

{# How much the variance of a rate grows as persons count several times, from a row a
   person: that of a ratio of sums over persons (Cochran 1977, Sampling Techniques, ch.
   2.11), over the one if examples were persons (Kish 1965, Survey Sampling, ch. 8.2). At
   least 1. Counts over it go into wilson_bound. Sums of whole numbers come out the same
   in any order. #}
{% macro design_effect(examples, conversions) -%}
    {%- set n = "cast(sum(" ~ examples ~ ") as double)" -%}
    {%- set x = "cast(sum(" ~ conversions ~ ") as double)" -%}
    greatest(
        coalesce(
            (
                {{ n }} * {{ n }} * sum({{ conversions }} * {{ conversions }})
                - 2 * {{ n }} * {{ x }} * sum({{ examples }} * {{ conversions }})
                + {{ x }} * {{ x }} * sum({{ examples }} * {{ examples }})
            ) / nullif({{ n }} * {{ x }} * ({{ n }} - {{ x }}), 0),
            1
        ),
        1
    )
{%- endmacro %}

{# Standard error of an area under the ROC curve. J. A. Hanley and B. J. McNeil, "The
   meaning and use of the area under a receiver operating characteristic (ROC) curve",
   Radiology 143 (1982), 29-36. #}
{% macro auc_error(auc, conversions, users) -%}
    sqrt(greatest(
        (
            {{ auc }} * (1 - {{ auc }})
            + ({{ conversions }} - 1) * ({{ auc }} / (2 - {{ auc }}) - {{ auc }} * {{ auc }})
            + ({{ users }} - {{ conversions }} - 1)
            * (2 * {{ auc }} * {{ auc }} / (1 + {{ auc }}) - {{ auc }} * {{ auc }})
        ) / nullif(cast({{ conversions }} as double) * ({{ users }} - {{ conversions }}), 0),
        0
    ))
{%- endmacro %}

{# Condition: points have not learned from what followed this as-of date. #}
{% macro is_judged(as_of_date) -%}
    coalesce({{ as_of_date }} >= {{ text_or_null(var("learned_until"), "date") }}, true)
{%- endmacro %}
