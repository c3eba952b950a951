{# The files of the control panel as they were read, letter for letter: the results page
   offers them edited, and a difference should show the edit only. #}
{% macro copy_control_panel(folder) %}
    {% set texts = call_python("panel_texts", {"project_dir": invocation_args_dict.project_dir}) %}
    copy (
        {% for file, content in texts | dictsort %}
            select {{ sql_text(file) }} as file, {{ sql_text(content) }} as content
            {{ "union all" if not loop.last }}
        {% endfor %}
        order by file
    ) to {{ sql_text(folder ~ "/control_panel.parquet") }} (format parquet, compression zstd)
{% endmacro %}
