{# Statistics as SQL expressions; each names its source. 95 % throughout. #}

{# The normal quantile of 97.5 %. #}
{% macro normal_quantile() -%} 1.959963984540054 {%- endmacro %}

{# Limit of Wilson's score interval for a proportion (Wilson 1927): sign is + or -. #}
{% macro wilson_limit(conversions, users, sign) -%}
    {%- set z = normal_quantile() -%}
    (
        {{ conversions }} + {{ z }} * {{ z }} / 2.0 {{ sign }} {{ z }} * sqrt(
            1.0 * {{ conversions }} * ({{ users }} - {{ conversions }}) / {{ users }}
            + {{ z }} * {{ z }} / 4.0
        )
    ) / ({{ users }} + {{ z }} * {{ z }})
{%- endmacro %}

{# Condition for limits: with or without the outcome, an arm can expect at least five
   users, as many as both have together times its part of the users (Cochran 1954,
   Biometrics 10:417). With fewer, chance comes in steps too large for any of the
   intervals: one user of ten against none of ninety would be an effect. #}
{% macro is_enough(of="") -%}
    least({{ of }}users, {{ of }}control_users) * least(
        {{ of }}conversions + {{ of }}control_conversions,
        {{ of }}users - {{ of }}conversions
        + {{ of }}control_users - {{ of }}control_conversions
    ) >= 5 * ({{ of }}users + {{ of }}control_users)
{%- endmacro %}

{# How far a limit of the difference of two proportions lies from it: Newcombe's hybrid
   score interval (Newcombe 1998, Stat. Med. 17:873, method 10). `towards` is - for the
   lower limit, + for the upper. #}
{% macro newcombe_distance(towards) -%}
    {%- set away = "-" if towards == "+" else "+" -%}
    case when {{ is_enough() }} then sqrt(
        power(
            1.0 * conversions / users
            - {{ wilson_limit("conversions", "users", towards) }}, 2
        )
        + power(
            1.0 * control_conversions / control_users
            - {{ wilson_limit("control_conversions", "control_users", away) }}, 2
        )
    ) end
{%- endmacro %}

{# Half the width of an interval that takes a difference of shares for normal. Counts move
   in steps: half a step is added at either end, or few conversions would raise more false
   alarms than meant (continuity correction: Fleiss, Levin and Paik 2003, ch. 3). #}
{% macro corrected_half_width(variance, of) -%}
    case when {{ is_enough(of ~ ".") }} then
        {{ normal_quantile() }} * sqrt({{ variance }})
        + (1.0 / {{ of }}.users + 1.0 / {{ of }}.control_users) / 2
    end
{%- endmacro %}

{# Standard error of the logarithm of the ratio of two proportions (Katz, Baptista, Azen
   and Pike 1978, Biometrics 34:469). #}
{% macro log_ratio_error() -%}
    case when {{ is_enough() }} then sqrt(
        greatest(
            1.0 / nullif(conversions, 0) - 1.0 / users
            + 1.0 / nullif(control_conversions, 0) - 1.0 / control_users, 0
        )
    ) end
{%- endmacro %}

{# Half the width of an asymptotic confidence sequence for the difference: 95 % sure at
   all looks together, however many there are (Waudby-Smith, Arbour, Sinha, Kennedy and
   Ramdas 2024, Ann. Stat. 52:2613, theorem 2.2 with the tuning of their appendix B.2).
   It is narrowest, against a single look, at `experiment_tuning_users` users. #}
{% macro always_valid_half_width(users, variance) -%}
    {%- set tuned = "8.7818 / " ~ var("experiment_tuning_users") -%}
    sqrt(
        {{ variance }} * 2 * ({{ users }} * {{ tuned }} + 1) / ({{ users }} * {{ tuned }})
        * ln(sqrt({{ users }} * {{ tuned }} + 1) / 0.05)
    )
{%- endmacro %}

{# Variance of a proportion, without bias. #}
{% macro proportion_variance(conversions, users) -%}
    1.0 * {{ conversions }} * ({{ users }} - {{ conversions }})
    / {{ users }} / {{ users }} / ({{ users }} - 1)
{%- endmacro %}

{# Condition: there is enough for a sequence that rests on the central limit theorem. #}
{% macro is_begun() -%}
    least(
        conversions, users - conversions,
        control_conversions, control_users - control_conversions
    ) >= 5
{%- endmacro %}

{# Variance of an outcome that is 1 so often and else 0. #}
{% macro bernoulli_variance(rate) -%} ({{ rate }}) * (1 - ({{ rate }})) {%- endmacro %}
