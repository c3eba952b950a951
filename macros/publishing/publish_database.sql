{# A small database of views and table functions over the published files. It is written
   only when these definitions change, since a reader may have it open. #}
{% macro publish_database(folder) %}
    {% set database = folder ~ "/scores.duckdb" %}
    {% set definitions_file = folder ~ "/scores.sql" %}
    {% set definitions = published_definitions(folder) %}
    {% if definitions == published_text(database, definitions_file) %}{{ return("") }}{% endif %}
    {% do run_query("attach " ~ sql_text(database) ~ " as scores (storage_version 'v1.5.0')") %}
    {% do run_query("use scores") %}
    {% for definition in definitions.split("\n") %}
        {% do run_query(definition) %}
    {% endfor %}
    {% do run_query("use " ~ adapter.quote(target.database)) %}
    {% do run_query("detach scores") %}
    {% do run_query(
        "copy (select " ~ sql_text(definitions) ~ ") to " ~ sql_text(definitions_file)
        ~ " (format csv, header false, quote '', escape '', delimiter '\x01')"
    ) %}
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
    {% for node in published_nodes() %}
        {% set file = sql_text(folder ~ "/" ~ node.name ~ ".parquet") %}
        {% set columns = run_query(
            "select name from parquet_schema(" ~ file ~ ") where type is not null"
        ).columns[0].values() %}
        {% do lines.append(
            "create or replace view " ~ node.name ~ " as select \"" ~ columns | join('", "')
            ~ "\" from read_parquet(" ~ file ~ ")"
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
