{# Condition: a text is empty or holds nothing but white space of any kind. Most texts
   begin with a printable ASCII character, and need no closer look. #}
{% macro is_blank(expression) %}{{- return(adapter.dispatch("is_blank")(expression)) -}}{% endmacro %}

{% macro default__is_blank(expression) -%}
    case
        when {{ expression }} between '!' and '~' then false
        else not regexp_matches({{ expression }}, '[^\s\p{Z}\x{0B}\x{1C}-\x{1F}\x{85}]')
    end
{%- endmacro %}
