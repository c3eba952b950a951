{# The models that turn features into scores, as this build ran them: what the results
   page runs again on an edited control panel. #}
{% macro copy_scoring_models(folder, results) %}
    {% set models = [] %}
    {% for node in results | map(attribute="node") if "scoring" in node.fqn
        and node.resource_type == "model" %}
        {% set query = node.compiled_code | replace(adapter.quote(target.database) ~ ".", "") %}
        {% do models.append(
            "(" ~ sql_text(node.schema) ~ ", " ~ sql_text(node.name) ~ ", "
            ~ sql_text(query) ~ ")"
        ) %}
    {% endfor %}
    copy (
        select * from (values {{ models | join(", ") }}) as models (schema_name, model, query)
        order by model
    ) to {{ sql_text(folder ~ "/scoring_models.parquet") }} (format parquet, compression zstd)
{% endmacro %}
