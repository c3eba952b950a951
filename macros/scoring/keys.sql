{# The scoring SQL is written once, in macros that take their inputs as arguments: names
   of CTEs or relations. The models apply it to users as of dates; what re-scores
   scenarios has a column more that tells rows apart, and names it in `keys`. #}

{# The key columns of an input, as a list for `select` and `group by`. #}
{% macro key_columns(keys, of=none) -%}
    {%- for key in keys -%}
        {{ of ~ "." if of }}{{ key }}{{ ", " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# Condition: two inputs have the same key. #}
{% macro same_keys(left, right, keys) -%}
    {%- for key in keys -%}
        {{ left }}.{{ key }} = {{ right }}.{{ key }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
