{# dbt's `noop_statement`, with which a seed reports what it loaded, except that it keeps
   no copy of the SQL in target/: dbt joins that folder and the seed's path, and for a
   control panel with an absolute path (POINTWISE_CONTROL) the copy would replace the
   CSV itself. #}
{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) -%}
    {%- set sql = caller() -%}
    {%- if name is not none -%}
        {{ store_raw_result(
            name, message=message, code=code, rows_affected=rows_affected, agate_table=res
        ) }}
    {%- endif -%}
{%- endmacro %}
