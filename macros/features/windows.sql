{# Condition: a day lies in the look-back of an as-of date, (D - look_back_days, D]. #}
{% macro in_look_back(day, as_of_date) -%}
    {{ as_of_date }} >= {{ day }}
    and {{ add_days(as_of_date, -whole_var("look_back_days")) }} < {{ day }}
{%- endmacro %}

{# Condition: a row of daily activity is what was known by a date; today's without one. #}
{% macro is_known(activity, known_by_date="date '9999-12-30'") -%}
    {{ activity }}.known_from_date <= {{ known_by_date }}
    and {{ activity }}.known_until_date > {{ known_by_date }}
{%- endmacro %}

{# Seconds as minutes, both to nine decimals: whole numbers are divided, so that no half is
   rounded by chance. #}
{% macro minutes(seconds) -%}
    cast(
        (cast(cast({{ seconds }} as decimal(28, 9)) * 1000000000 as hugeint) + 30) // 60
        as decimal(28, 0)
    ) * 0.000000001
{%- endmacro %}
