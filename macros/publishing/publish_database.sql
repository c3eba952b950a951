{# A small database of views and table functions over the published files, written only
   when these definitions change. It is drafted beside and copied over in one move: a
   reader may have the old one open, and goes on reading that. #}
{% macro publish_database(folder) %}
    {% set database = folder ~ "/scores.duckdb" %}
    {% set draft = folder ~ "/scores.draft" %}
    {% set definitions_file = folder ~ "/scores.sql" %}
    {% set definitions = published_definitions(folder) %}
    {% if definitions == published_text(database, definitions_file) %}{{ return("") }}{% endif %}
    {% do run_query("attach " ~ sql_text(draft) ~ " as scores (storage_version 'v1.5.0')") %}
    {% do run_query("use scores") %}
    {% for statement in drop_definitions() + definitions.split("\n") %}
        {% do run_query(statement) %}
    {% endfor %}
    {% do run_query("use " ~ adapter.quote(target.database)) %}
    {% do run_query("detach scores") %}
    {% do run_query(
        "copy (select content from read_blob(" ~ sql_text(draft) ~ ")) to "
        ~ sql_text(database) ~ " (format blob)"
    ) %}
    {% do run_query(
        "copy (select " ~ sql_text(definitions) ~ ") to " ~ sql_text(definitions_file)
        ~ " (format csv, header false, quote '', escape '', delimiter '\x01')"
    ) %}
{% endmacro %}

{# Statements that remove what an earlier draft defined. #}
{% macro drop_definitions() %}
    {% set found = run_query(
        "select 'drop macro table ' || function_name from duckdb_functions()"
        ~ " where database_name = 'scores' and function_type = 'table_macro' and not internal"
        ~ " union all select 'drop view ' || view_name from duckdb_views()"
        ~ " where database_name = 'scores' and not internal"
    ) %}
    {{ return(found.columns[0].values() | list) }}
{% endmacro %}

{# The definitions of the published database as they were last written; empty if the
   database is not there. #}
{% macro published_text(database, definitions_file) %}
    {% set found = run_query(
        "select (select count(*) from glob(" ~ sql_text(database) ~ "))"
        ~ " * (select count(*) from glob(" ~ sql_text(definitions_file) ~ "))"
    ) %}
    {% if found.columns[0].values()[0] == 0 %}{{ return("") }}{% endif %}
    {% set text = run_query("select content from read_text(" ~ sql_text(definitions_file) ~ ")") %}
    {{ return(text.columns[0].values()[0].strip()) }}
{% endmacro %}

{# A view a published mart and a function a serving model, one definition a line. The
   functions are those of the warehouse, with its name taken off. #}
{% macro published_definitions(folder) %}
    {% set lines = [] %}
    {% set columns = columns_of_marts() %}
    {% for node in published_nodes() %}
        {% do lines.append(
            "create or replace view " ~ node.name ~ " as select " ~ columns[node.alias]
            ~ " from read_parquet(" ~ sql_text(folder ~ "/" ~ node.name ~ ".parquet") ~ ")"
        ) %}
    {% endfor %}
    {% set functions = run_query(
        "select function_name, array_to_string(parameters, ', '), macro_definition"
        ~ " from duckdb_functions() where function_type = 'table_macro' and not internal"
        ~ " and database_name = '" ~ target.database ~ "'"
        ~ " and schema_name = '" ~ target.schema ~ "' order by function_name"
    ) %}
    {% for name, parameters, definition in functions.rows %}
        {% set schema = target.database ~ "." ~ target.schema ~ "." %}
        {% do lines.append(
            "create or replace macro " ~ name ~ "(" ~ parameters ~ ") as table "
            ~ (definition | replace(schema, "") | replace(adapter.quote(target.database)
            ~ "." ~ target.schema ~ ".", "") | replace("\n", " "))
        ) %}
    {% endfor %}
    {{ return(lines | join("\n")) }}
{% endmacro %}

{# The columns of each table of the marts' schema, as a list in SQL. #}
{% macro columns_of_marts() %}
    {{ return(dict(run_query(
        "select table_name, string_agg('\"' || column_name || '\"', ', ' order by column_index)"
        ~ " from duckdb_columns() where database_name = " ~ sql_text(target.database)
        ~ " and schema_name = " ~ sql_text(target.schema) ~ " group by table_name"
    ).rows.values())) }}
{% endmacro %}
