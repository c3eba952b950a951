{# What `dbt show` runs, as dbt has it, once what it reads has been built: no hook runs
   on `show`, and the database would only say that a table does not exist. #}
{% macro get_show_sql(compiled_code, sql_header, limit) %}
    {% for id in model.depends_on.nodes if id in graph.nodes %}
        {% set node = graph.nodes[id] %}
        {% if not adapter.get_relation(node.database, node.schema, node.alias) %}
            {{ exceptions.raise_compiler_error(
                "There is no " ~ node.name ~ " yet: run `dbt build` first."
            ) }}
        {% endif %}
    {% endfor %}
    {{ sql_header or "" }}
    {{ get_limit_subquery_sql(compiled_code, limit) }}
{% endmacro %}
