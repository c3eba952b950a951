{# A line of the control panel as text, for hashing. #}
{% macro panel_line(seed, columns) -%}
    concat_ws(
        '|',
        '{{ seed }}'
        {%- for column in columns %},
        coalesce(cast({{ column }} as varchar), '')
        {%- endfor %}
    )
{%- endmacro %}

{# Columns of a file of the control panel and their types, as its model declares them. #}
{% macro panel_column_types(file) %}
    {% set types = {} %}
    {% if execute %}
        {% for name, column in graph.nodes["model.pointwise." ~ file].columns.items() %}
            {% do types.update({name: column.data_type}) %}
        {% endfor %}
    {% endif %}
    {{ return(types) }}
{% endmacro %}

{# Lines of the control panel as they are kept: file, key and the line as JSON. #}
{% macro panel_lines(seed, key) %}
    select
        '{{ seed }}' as panel_file,
        {{ key }} as line_key,
        {{ as_json(panel_column_types(seed)) }} as line
    from {{ seed }}
{% endmacro %}
