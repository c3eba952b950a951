{# Lines of the control panel as they are kept: file, key and the line as JSON, with the
   columns that the file's model declares. #}
{% macro panel_lines(seed, key) %}
    {% set columns = graph.nodes["model.pointwise." ~ seed].columns if execute else {} %}
    select
        '{{ seed }}' as panel_file,
        {{ key }} as line_key,
        {{ as_json(columns) }} as line
    from {{ seed }}
{% endmacro %}
