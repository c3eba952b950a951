{# The time of a row's file, from the times that `file_groups` found. It is
   looked up in a literal: a join with the list of files would keep conditions from
   reaching the files, so that every row were read whole. #}
{% macro file_modified_at(file, files) %}
    {{- return(adapter.dispatch("file_modified_at")(file, files)) -}}
{% endmacro %}

{% macro default__file_modified_at(file, files) -%}
    cast(map({{ sql_list(files) }}, {{ sql_list(files.values()) }})[{{ file }}] as timestamp)
{%- endmacro %}
