{# The models between events and scores, by name; none while dbt parses. #}
{% macro scoring_models() %}
    {% set found = [] %}
    {% for node in graph.get("nodes", {}).values() | sort(attribute="name")
        if node.resource_type == "model" and node.name != "scoring_models" and (
            node.fqn[1] in ["intermediate", "features", "scoring"]
            or node.name in ["stg_events", "int_weights_version"]
        ) %}
        {% do found.append(node) %}
    {% endfor %}
    {{ return(found if execute else []) }}
{% endmacro %}

{# A model's SQL as for a full build, without the record. Its inputs go by schema and name
   alone, so that they can be other ones. #}
{% macro compiled_again(node) %}
    {% set code = modules.re.sub('ref\\("(\\w+)"\\)', 'input("\\1")', node.raw_code) %}
    {{ return(render(code | replace("recorded_scores()", "recorded_scores(false)"))) }}
{% endmacro %}

{# An input of such a model. #}
{% macro input(name) %}
    {% for node in graph.nodes.values() if node.name == name and node.resource_type == "model" %}
        {{ return('"' ~ node.schema ~ '"."' ~ node.alias ~ '"') }}
    {% endfor %}
{% endmacro %}
