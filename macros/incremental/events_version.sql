{# The version of the code that makes events into features. Raise it whenever the rows that
   this code writes change in columns or meaning: tables of another version are rebuilt.
   tests/python/test_events_version.py says when. #}
{% macro events_version() %}{{ return("7") }}{% endmacro %}

{# Drop the incremental tables that another version of the project wrote, as
   far as this run builds them, so that they are built from nothing. #}
{% macro drop_other_versions() %}
    {% if not execute or flags.WHICH not in ["build", "run"] %}{{ return("") }}{% endif %}
    {% set of_this_version = tables_of_version() %}
    {% for node in graph.nodes.values() if "remember_loaded" in node.raw_code
        and node.config.materialized == "incremental"
        and node.unique_id in selected_resources
        and node.name ~ "__loaded" not in of_this_version %}
        {% set written = adapter.get_relation(node.database, node.schema, node.name) %}
        {% if written %}{% do adapter.drop_relation(written) %}{% endif %}
        {% do run_query("drop table if exists internal." ~ node.name ~ "__loaded") %}
    {% endfor %}
{% endmacro %}
