{# On-run-start: say in one line what is missing before anything is built or tested. #}
{% macro check_inputs() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% if flags.WHICH in ["build", "run"] %}
        {% if "model.pointwise.base_event_files" in selected_resources %}
            {% do check_event_files(event_files_path()) %}
        {% endif %}
        {% if not invocation_args_dict.get("defer") %}
            {% for id in selected_resources if id.startswith("model.") %}
                {% do check_built(graph.nodes[id].depends_on.nodes | reject("in", selected_resources)) %}
            {% endfor %}
        {% endif %}
    {% endif %}
    {% if "model.pointwise.int_propensity_margins" in selected_resources and flags.WHICH in ["build", "run"] %}
        {{ check_propensity_model() }}
    {% elif flags.WHICH == "test" and not load_relation(mart("user_scores")) %}
        {{ exceptions.raise_compiler_error(
            "There is nothing to test yet: run `dbt build` first."
        ) }}
    {% endif %}
{% endmacro %}

{# Fail if there are no event files, or none of them is Parquet. #}
{% macro check_event_files(path) %}
    {% set found = call_python("found_files", {"path": path}) %}
    {% if not found and call_python("found_files", {"path": path ~ "/*"}) %}
        {{ exceptions.raise_compiler_error(
            "POINTWISE_EVENTS is a folder: write " ~ path ~ "/*.parquet"
        ) }}
    {% elif not found %}
        {{ exceptions.raise_compiler_error(
            "No event files at " ~ path ~ ". Make synthetic ones with `pointwise generate`,"
            ~ " import yours with `pointwise import FILE --home FOLDER`, or set"
            ~ " POINTWISE_HOME or POINTWISE_EVENTS."
        ) }}
    {% elif not found | rejectattr("reason") | list %}
        {{ exceptions.raise_compiler_error(
            "No Parquet files at " ~ path ~ ". CSV and JSON lines come in with"
            ~ " `pointwise import FILE`."
        ) }}
    {% endif %}
{% endmacro %}

{# Fail if one of these nodes has not been built. #}
{% macro check_built(node_ids) %}
    {% for id in node_ids if id in graph.nodes %}
        {% set node = graph.nodes[id] %}
        {% if node.config.materialized != "ephemeral"
            and not adapter.get_relation(node.database, node.schema, node.alias) %}
            {{ exceptions.raise_compiler_error(
                "There is no " ~ node.name ~ " yet: run `dbt build` first."
            ) }}
        {% endif %}
    {% endfor %}
{% endmacro %}
