{# On-run-end: after a `dbt build` of everything on the default target in which every
   node passed, publish the marts. Otherwise leave the last good files in place. #}
{% macro publish(results) %}
    {% if flags.WHICH != "build" or not execute %}{{ return("") }}{% endif %}
    {% set reason = why_not_to_publish(results) %}
    {% if reason %}
        {{ log("Not published: " ~ reason ~ ". Readers keep the last good scores.", info=true) }}
    {% else %}
        {% set folder = published_folder() %}
        {% do run_query(copy_publication(folder)) %}
        {% set copies = [] %}
        {% for node in published_nodes() %}{% do copies.append(copy_mart(folder, node)) %}{% endfor %}
        {% do run_query(copies | join(";")) %}
        {% do run_query(copy_scoring_models(folder, results)) %}
        {% do run_query(copy_control_panel(folder)) %}
        {% do run_query(copy_top_users(folder, mart("user_scores"))) %}
        {% do run_query(copy_top_band_entries(folder, mart("top_band_entries"))) %}
        {% do publish_database(folder) %}
        {% do run_query(copy_manifest(folder)) %}
        {% do run_query(mark_published()) %}
        {{ log(published_message(folder), info=true) }}
    {% endif %}
{% endmacro %}

{# What was published, and from what: a shell with other settings publishes other scores. #}
{% macro published_message(folder) %}
    {% set scores = run_query(
        "select count(*), max(as_of_date) from " ~ mart("user_scores")
    ).rows[0] %}
    {{ return(
        "Published " ~ "{:,}".format(scores[0]) ~ " users as of " ~ scores[1] ~ " to " ~ folder
        ~ ", from " ~ event_files_path() ~ " and the control panel "
        ~ (env_var("POINTWISE_CONTROL", "") or "seeds") ~ "."
    ) }}
{% endmacro %}

{# Where the published files are. #}
{% macro published_folder() -%}
    {{ return(setting_path("POINTWISE_PUBLISHED", "data/published")) }}
{%- endmacro %}

{# Why this build may not be published; none if it may. #}
{% macro why_not_to_publish(results) %}
    {% if target.name != "dev" %}{{ return("the target is not the default one") }}{% endif %}
    {% if flags.EMPTY %}{{ return("the build was empty") }}{% endif %}
    {% set passed = [] %}
    {% for result in results if result.status in ["success", "pass", "warn", "no-op"] %}
        {% do passed.append(result.node.unique_id) %}
    {% endfor %}
    {% set failed = (results | length) - (passed | length) %}
    {% if failed > 0 %}
        {{ return(failed ~ " steps did not pass") }}
    {% endif %}
    {% for node in graph.nodes.values()
        if node.resource_type in ["model", "seed", "snapshot", "test"]
        and node.config.enabled and node.unique_id not in passed %}
        {{ return("only a part was built") }}
    {% endfor %}
    {{ return(none) }}
{% endmacro %}

{# The nodes to publish: those whose meta names the order of their rows. #}
{% macro published_nodes() %}
    {% set nodes = [] %}
    {% for node in graph.nodes.values() | sort(attribute="name")
        if node.config.get("meta", {}).get("published_order") %}
        {% do nodes.append(node) %}
    {% endfor %}
    {{ return(nodes) }}
{% endmacro %}
