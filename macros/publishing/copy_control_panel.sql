{# The files of the control panel as they are, letter for letter: the results page offers
   them edited, and a difference should show the edit only. #}
{% macro copy_control_panel(folder) %}
    copy (
        {% for node in graph.nodes.values() | selectattr("resource_type", "equalto", "seed")
            | sort(attribute="name") %}
            select {{ sql_text(node.name) }} as file, content
            from read_text({{ sql_text(control_panel_file(node.name)) }})
            {{ "union all" if not loop.last }}
        {% endfor %}
        order by file
    ) to {{ sql_text(folder ~ "/control_panel.parquet") }} (format parquet, compression zstd)
{% endmacro %}
