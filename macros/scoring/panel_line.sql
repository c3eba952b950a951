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
