{# How dumps and programs spell that there is nothing, in lower case. The importer has the
   same list: scripts/pointwise/core/nothing.py. #}
{% macro spellings_of_nothing() %}
    {{ return(["", "\\n", "null", "(null)", "<null>", "nan", "none", "nil", "n/a", "#n/a", "undefined"]) }}
{% endmacro %}

{# A text, or NULL where it spells that there is nothing. #}
{% macro something(text) -%}
    case when lower(trim({{ text }})) not in ({{ sql_values(spellings_of_nothing()) }}) then {{ text }} end
{%- endmacro %}

{# Condition: an id stands for nobody. It is one of the var `placeholder_ids`, or holds
   nothing but zeros and dashes. #}
{% macro is_placeholder(id) -%}
    (
        lower(trim({{ id }})) in ({{ sql_values(var("placeholder_ids") | map("lower")) }})
        or trim({{ id }}, '0- ') = ''
    )
{%- endmacro %}
