{# The rows of files that are read alike, all columns as they are there. The file and the
   row's number in it have names that the files' own columns leave free. #}
{% macro read_files(plan) %}{{- return(adapter.dispatch("read_files")(plan)) -}}{% endmacro %}

{% macro default__read_files(plan) -%}
    {%- if plan.has_row_number -%}
        (
            {% for file in plan.files %}
                select
                    *,
                    row_number() over () - 1 as {{ row_column(plan) }}
                from {{ read_parquet_files([file], plan) }}
                {{ "union all by name" if not loop.last }}
            {% endfor %}
        )
    {%- else -%}
        {{ read_parquet_files(plan.files, plan) }}
    {%- endif -%}
{%- endmacro %}

{# DuckDB's reader of Parquet. It takes names for patterns: a bracket is escaped. #}
{% macro read_parquet_files(files, plan) -%}
    read_parquet(
        [
            {%- for file in files -%}
                {{ sql_text(modules.re.sub("[*?\\[]", "[\\g<0>]", file)) }}{{ ", " if not loop.last }}
            {%- endfor -%}
        ],
        filename = '{{ plan.file_column }}',
        {%- if not plan.has_row_number %}
            file_row_number = true,
        {%- endif %}
        {%- if plan.has_partitions %}
            hive_types_autocast = false,
        {%- endif %}
        hive_partitioning = {{ plan.has_partitions | lower }}
    )
{%- endmacro %}

{# Name of the number of a row in its file, from 0. DuckDB cannot give it beside a column
   of that name: rows are then numbered as they are read. #}
{% macro row_column(plan) -%}
    {{ plan.file_column ~ "_row" if plan.has_row_number else "file_row_number" }}
{%- endmacro %}
