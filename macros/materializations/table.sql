{# A table is dropped and created in one statement, and so in one transaction: if that
   fails, the last one stays. dbt-duckdb's way over a second name and two renames takes
   30 ms longer a table, a second and a half in a build of this project. #}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {% set existing = load_cached_relation(this) %}
    {% set target = this.incorporate(type="table") %}
    {{ run_hooks(pre_hooks) }}
    {% if model.language == "python" %}
        {# Python has a cursor, and a transaction, of its own. #}
        {% set written = make_intermediate_relation(target) %}
        {% do adapter.drop_relation(written) %}
        {% call statement("main", language="python") %}
            {{- write_rows_of_python(written, compiled_code) -}}
        {% endcall %}
        {% if existing is not none %}{% do adapter.drop_relation(existing) %}{% endif %}
        {% do adapter.rename_relation(written, target) %}
    {% else %}
        {% call statement("main") %}
            {{- drop_existing(existing) ~ create_table_as(false, target, compiled_code) -}}
        {% endcall %}
    {% endif %}
    {% do create_indexes(target) %}
    {{ run_hooks(post_hooks) }}
    {% do persist_docs(target, model) %}
    {% do adapter.commit() %}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}

{# Python that makes a table of the rows that a model returns. dbt-duckdb's own loads
   pyarrow, which takes 0.4 s, also where the model has no need of it. #}
{% macro write_rows_of_python(target, code) %}
{{ code }}

def materialize(rows, connection):
    import sys
    if "pyarrow" in sys.modules:
        import pyarrow.dataset  # not by DuckDB, in a thread: duckdb/issues/6584
    connection.register("rows_of_python", rows)
    connection.execute('create table {{ target }} as from rows_of_python')
    connection.unregister("rows_of_python")
{% endmacro %}

{# The statement, with its semicolon, that makes way for a relation of the same name. #}
{% macro drop_existing(existing) %}
    {% if existing is not none %}
        {{ return("drop " ~ existing.type ~ " " ~ existing ~ ";\n") }}
    {% endif %}
    {{ return("") }}
{% endmacro %}
