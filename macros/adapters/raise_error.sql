{# SQL that ends the query with a message, for tests that say in the build's output what
   is wrong. #}
{% macro raise_error(message) %}{{- return(adapter.dispatch("raise_error")(message)) -}}{% endmacro %}

{% macro default__raise_error(message) -%}
    error({{ message }})
{%- endmacro %}
