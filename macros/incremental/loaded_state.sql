{# Exact incremental models: a model remembers, beside itself, the list of its inputs
   (files, or files and days) as they were when its rows were written. What differs
   now was touched, and is deleted and computed again, however old it is. The list is
   written in the model's own transaction, so that both or neither are there. #}

{# The table in which this model remembers what it has loaded. #}
{% macro loaded_relation() %}
    {{ return(api.Relation.create(
        database=this.database, schema="internal", identifier=this.identifier ~ "__loaded"
    )) }}
{% endmacro %}

{# Post-hook: remember the inputs as they are now, and by what code they were read. #}
{% macro remember_loaded(inputs) %}
    create or replace table {{ loaded_relation() }} as select * from {{ inputs }};
    comment on table {{ loaded_relation() }} is '{{ code_version() }}'
{% endmacro %}

{# A hash of the SQL from events to features: rows that other code wrote may differ in
   columns or meaning. `graph` is dbt's own for the length of a run, and keeps it. #}
{% macro code_version() %}
    {% if "code_version" not in graph %}
        {% set code = [] %}
        {% for name, called in context[project_name] | dictsort
            if called.macro.original_file_path.split("/")[1] in ["adapters", "features", "sources"] %}
            {% do code.append(called.macro.macro_sql) %}
        {% endfor %}
        {% for id in graph.nodes | sort if id.startswith("model.")
            and graph.nodes[id].fqn[1] in ["staging", "intermediate", "features"] %}
            {% do code.append(graph.nodes[id].raw_code) %}
        {% endfor %}
        {% do graph.update(code_version=local_md5(code | join)) %}
    {% endif %}
    {{ return(graph.code_version) }}
{% endmacro %}

{# Did another version of the project write the rows of this incremental model? dbt asks
   four times while it builds a model; the answer, too, is kept in `graph`. #}
{% macro is_of_other_code() %}
    {% if not execute or "remember_loaded" not in model.raw_code %}{{ return(false) }}{% endif %}
    {% set answers = graph.setdefault("is_of_other_code", {}) %}
    {% if model.unique_id not in answers %}
        {% set found = run_query(
            "select comment from duckdb_tables() where database_name = "
            ~ sql_text(this.database) ~ " and schema_name = 'internal' and table_name = "
            ~ sql_text(loaded_relation().identifier)
        ).columns[0].values() %}
        {% do answers.update({model.unique_id: found | length == 0 or found[0] != code_version()}) %}
    {% endif %}
    {{ return(answers[model.unique_id]) }}
{% endmacro %}

{# Takes the place of dbt's own: what another version of the project wrote is built
   anew, as by --full-refresh. #}
{% macro should_full_refresh() %}
    {% set configured = config.get("full_refresh") %}
    {% if configured is not none %}{{ return(configured) }}{% endif %}
    {{ return(flags.FULL_REFRESH or is_of_other_code()) }}
{% endmacro %}

{# The touched values of a column of the inputs (a file or a day), as a list. #}
{% macro touched_values(inputs, column) %}
    {% set touched = run_query(
        "with changes as (("
        ~ "from " ~ inputs ~ " except from " ~ loaded_relation() ~ ") union all ("
        ~ "from " ~ loaded_relation() ~ " except from " ~ inputs ~ "))"
        ~ " select distinct " ~ column ~ " from changes where " ~ column
        ~ " is not null order by " ~ column
    ) %}
    {{ return(touched.columns[0].values() | list) }}
{% endmacro %}

{# Can this model be brought up to date, or must it be built from nothing? #}
{% macro has_loaded_state() %}
    {{ return(is_incremental() and load_relation(loaded_relation()) is not none) }}
{% endmacro %}

{# Condition: this row belongs to what was touched. #}
{% macro is_touched(inputs, column) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        {{ column }} in ({{ sql_values(touched_values(inputs, column)) }})
    {%- endif -%}
{%- endmacro %}

{# Condition on rows of event files: this row is of a touched day. The files that have
   such days are named too, so that no other file is read. #}
{% macro is_of_touched_day(file_days, events=none) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        {%- set of = events ~ "." if events else "" -%}
        {%- set days = is_touched(file_days, "activity_date") -%}
        {%- set files = run_query(
            "select distinct file from " ~ file_days ~ " where " ~ days ~ " order by file"
        ).columns[0].values() -%}
        {{ of ~ days }} and {{ of }}file in ({{ sql_values(files) }})
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete what was touched; nothing on a first or full build. #}
{% macro delete_touched(inputs, column) %}
    {% if execute and is_incremental() %}
        delete from {{ this }} where {{ is_touched(inputs, column) }}
    {% endif %}
{% endmacro %}
