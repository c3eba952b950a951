{# As a table: dropped and created in one statement. #}
{% materialization view, adapter="duckdb" %}
    {% set existing = load_cached_relation(this) %}
    {% set target = this.incorporate(type="view") %}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") %}
        {{- drop_existing(existing) ~ get_create_view_as_sql(target, compiled_code) -}}
    {% endcall %}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target, model) %}
    {% do adapter.commit() %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
