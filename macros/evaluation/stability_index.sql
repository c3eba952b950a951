{# The population stability index of two lists of shares: the sum over bins of
   (share - earlier share) * ln(share / earlier share). Its usual marks, 0.1 and 0.25:
   N. Siddiqi, "Credit Risk Scorecards" (Wiley, 2006). Half a user is added to each bin
   beforehand, so that an empty one does not make it infinite; terms are summed as
   decimals, so that their order does not matter. #}
{% macro stability_index(share, earlier_share) -%}
    cast(
        sum(cast(
            ({{ share }} - {{ earlier_share }}) * ln({{ share }} / {{ earlier_share }})
            as decimal(18, 9)
        )) as double
    )
{%- endmacro %}

{# The index that chance alone exceeds once in twenty times. Without drift the index,
   divided by 1/users + 1/earlier users, is about chi-squared with bins - 1 degrees of
   freedom: B. Yurdakul and J. Naranjo, "Statistical properties of the population
   stability index", Journal of Risk Model Validation 14 (2020). The 95 % point of
   chi-squared is Wilson and Hilferty's approximation (1931). #}
{% macro chance_of_drift(bins, users, earlier_users) -%}
    {%- set freedom = "greatest(" ~ bins ~ " - 1, 1)" -%}
    {{ freedom }} * power(
        1 - 2.0 / (9 * {{ freedom }}) + 1.644854 * sqrt(2.0 / (9 * {{ freedom }})), 3
    ) * (1.0 / nullif({{ users }}, 0) + 1.0 / nullif({{ earlier_users }}, 0))
{%- endmacro %}

{# The bin of a value: zero, "never or unknown" and each text are their own; other
   numbers go in tenths of the earlier snapshot's, by how many users had less then. #}
{% macro drift_bin() -%}
    {%- set others = "sum(case when value <> 0 then coalesce(earlier_users, 0) else 0 end) over" -%}
    case
        when text_value is not null then concat('text ', text_value)
        when value is null then 'never or unknown'
        when value = 0 then 'zero'
        else concat('tenth ', cast(least(floor(
            10.0 * ({{ others }} (
                partition by as_of_date, feature
                order by value nulls last
                rows between unbounded preceding and current row
            ) - coalesce(earlier_users, 0))
            / greatest({{ others }} (partition by as_of_date, feature), 1)
        ), 9) as integer))
    end
{%- endmacro %}
