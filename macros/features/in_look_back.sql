{# Condition: a day lies in the look-back of an as-of date, (D - look_back_days, D]. #}
{% macro in_look_back(day, as_of_date) -%}
    {{ as_of_date }} >= {{ day }}
    and {{ add_days(as_of_date, -whole_var("look_back_days")) }} < {{ day }}
{%- endmacro %}
