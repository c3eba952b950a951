{# How dumps and programs spell that there is nothing, in lower case. The importer has the
   same list: scripts/pointwise/core/nothing.py. #}
{% macro spellings_of_nothing() %}
    {{ return(["", "\\n", "null", "(null)", "<null>", "nan", "none", "nil", "n/a", "#n/a", "undefined"]) }}
{% endmacro %}

{# A text, or NULL where it spells that there is nothing. #}
{% macro something(text) -%}
    case when not {{ is_one_of("lower(trim(" ~ text ~ "))", spellings_of_nothing()) }} then {{ text }} end
{%- endmacro %}

{# Condition: an id stands for nobody. It is one of the var `placeholder_ids`, or holds
   nothing but zeros and dashes. #}
{% macro is_placeholder(id) -%}
    (
        {{ is_one_of("lower(trim(" ~ id ~ "))", list_var("placeholder_ids") | map("lower") | list) }}
        or {{ is_zeros(id) }}
    )
{%- endmacro %}

{# Condition: an id of an event or session is none. Equations, since every reading of the
   events asks this of every row: DuckDB makes a join of a list, and calls of functions
   take several times as long. #}
{% macro is_no_id(id) -%}
    (
        {{ is_blank(id) }}
        {%- for spelling in ["null", "NULL", "undefined", "none", "None", "nan", "NaN", "nil", "N/A", "n/a", "\\N"] %}
        or {{ id }} = {{ sql_text(spelling) }}
        {%- endfor %}
        or ({{ id }} <> '0' and {{ is_zeros(id) }})
    )
{%- endmacro %}

{# Condition: an id holds nothing but zeros and dashes. #}
{% macro is_zeros(id) -%}
    case
        when {{ id }} >= '-' and {{ id }} < '1' then trim(both '0- ' from {{ id }}) = ''
        else false
    end
{%- endmacro %}
