{# dbt's `statement`, except that it writes no copy of a seed's SQL: for a control panel
   with an absolute path (POINTWISE_CONTROL) that copy would land on the CSV itself. #}
{% macro statement(name=none, fetch_result=false, auto_begin=true, language="sql") -%}
    {%- if execute -%}
        {%- set code = caller() -%}
        {%- if name == "main" and model.resource_type != "seed" -%}
            {{ write(code) }}
        {%- endif -%}
        {%- if language == "python" -%}
            {%- set response, rows = submit_python_job(model, code), none -%}
        {%- else -%}
            {%- set response, rows = adapter.execute(
                code, auto_begin=auto_begin, fetch=fetch_result
            ) -%}
        {%- endif -%}
        {%- if name is not none -%}
            {{ store_result(name, response=response, agate_table=rows) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
