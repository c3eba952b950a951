{# The version of the code that makes events into features. Raise it whenever the rows that
   this code writes change in columns or meaning: tables of another version are built anew.
   tests/python/test_events_version.py says when. #}
{% macro events_version() %}{{ return("1") }}{% endmacro %}

{# On-run-start: drop the incremental tables that another version of the project wrote, as
   far as this run builds them, so that they are built from nothing. #}
{% macro drop_other_versions() %}
    {% if not execute or flags.WHICH not in ["build", "run"] %}{{ return("") }}{% endif %}
    {% set found = run_query(
        "select table_name from duckdb_tables() where database_name = "
        ~ sql_text(target.database) ~ " and schema_name = 'internal'"
        ~ " and ends_with(table_name, '__loaded')"
        ~ " and comment is distinct from " ~ sql_text(events_version())
    ).columns[0].values() %}
    {% for loaded in found %}
        {% set name = loaded[:-8] %}
        {% if "model." ~ project_name ~ "." ~ name in selected_resources %}
            {% for schema in ["internal", target.schema] %}
                {% set written = adapter.get_relation(target.database, schema, name) %}
                {% if written %}{% do adapter.drop_relation(written) %}{% endif %}
            {% endfor %}
            {% do run_query("drop table internal." ~ loaded) %}
        {% endif %}
    {% endfor %}
{% endmacro %}
