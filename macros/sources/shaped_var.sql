{# Vars that Jinja loops over or computes with while it parses. One of another shape counts
   as empty, so that begin_run can name it before Jinja stumbles over it. #}
{% macro list_var(name) %}
    {% set value = var(name, none) %}
    {% set entries = [] %}
    {% if value is sequence and value is not string and value is not mapping %}
        {% for entry in value if entry is string or entry is not iterable %}
            {% do entries.append(entry) %}
        {% endfor %}
    {% endif %}
    {{ return(entries) }}
{% endmacro %}

{% macro mapping_var(name) %}
    {% set value = var(name, none) %}
    {{ return(value if value is mapping else {}) }}
{% endmacro %}

{% macro whole_var(name) %}
    {% set value = var(name, none) %}
    {{ return([value, 10000000] | min if value is integer else 0) }}
{% endmacro %}
