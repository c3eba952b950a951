{# What `dbt show` runs, as dbt has it, once what it reads has been built: no hook runs
   on `show`, and the database would only say that a table does not exist. #}
{% macro get_show_sql(compiled_code, sql_header, limit) %}
    {% do check_built(model.depends_on.nodes) %}
    {{ sql_header or "" }}
    {{ get_limit_subquery_sql(compiled_code, limit) }}
{% endmacro %}
