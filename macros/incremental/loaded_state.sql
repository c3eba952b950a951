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

{# Post-hook: remember the inputs as they are now, and which version read them. #}
{% macro remember_loaded(inputs) %}
    {% if model.config.materialized == "incremental" %}{{ write_loaded(inputs) }}{% endif %}
{% endmacro %}

{# Query for the touched values of a column of the inputs: a file, or a day. #}
{% macro touched_inputs(inputs, column) -%}
    with changes as (
        (select * from {{ inputs }} except select * from {{ loaded_relation() }})
        union all
        (select * from {{ loaded_relation() }} except select * from {{ inputs }})
    )
    select distinct {{ column }} from changes where {{ column }} is not null
{%- endmacro %}

{# The same as literals, and the days that lie these numbers of days from one. #}
{% macro touched_values(inputs, column, offsets) %}
    {% set touched = run_query(
        touched_inputs(inputs, column) ~ " order by " ~ column
    ).columns[0].values() %}
    {% set values = [] %}
    {% for value in touched %}
        {% for offset in offsets %}
            {% do values.append(
                value + modules.datetime.timedelta(days=offset) if offset else value
            ) %}
        {% endfor %}
    {% endfor %}
    {{ return(sql_values(values | unique)) }}
{% endmacro %}

{# Condition: this row belongs to what was touched. All rows do where the model is built
   from nothing. #}
{% macro is_touched(inputs, column, offsets=[0]) -%}
    {%- if execute and is_incremental() and load_relation(loaded_relation()) -%}
        {{ column }} in ({{ touched_values(inputs, column, offsets) }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# Condition on rows of event files: this row is of a touched day, or these days from one.
   The files that have such days are named too, so that no other file is read. #}
{% macro is_event_touched(events, file_days, offsets=[0]) -%}
    {%- set event_files = ref("stg_event_files") -%}
    {%- set is_of_day = is_touched(file_days, "activity_date", offsets) | trim -%}
    {%- if is_of_day == "true" -%}
        true
    {%- else -%}
        {{ events }}.{{ is_of_day }}
        and {{ events }}.file in ({{ sql_values(files_to_name(event_files, file_days, is_of_day)) }})
    {%- endif -%}
{%- endmacro %}

{# Files that have such days, and of the files that are read together the first, unless it
   is larger than all these: where that is left out, DuckDB expects no rows at all, and
   keeps the events in memory rather than the few rows that they are joined with. #}
{% macro files_to_name(event_files, file_days, is_of_day) %}
    {{ return(run_query(
        "with named as (select * from " ~ event_files ~ " where file in (select file from "
        ~ file_days ~ " where " ~ is_of_day ~ ")), first_of_plans as (select * from "
        ~ event_files ~ " where plan is not null qualify row_number() over ("
        ~ "partition by plan order by row_count desc, file) = 1)"
        ~ " select file from named union select file from first_of_plans"
        ~ " where row_count <= (select sum(row_count) from named) order by file"
    ).columns[0].values()) }}
{% endmacro %}

{# Condition: a value is among those of a table's column, named as literals: DuckDB reads
   no file but those of named ones. Any value is while the table is not there. #}
{% macro is_among(value, relation, column, where) -%}
    {%- if execute and load_relation(relation) -%}
        {%- set among = run_query(
            "select distinct " ~ column ~ " from " ~ relation ~ " where " ~ where
            ~ " order by " ~ column
        ).columns[0].values() -%}
        {{ value }} in ({{ sql_values(among) }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete what was touched; nothing on a first or full build. #}
{% macro delete_touched(inputs, column, offsets=[0]) %}
    {% if execute and is_incremental() %}
        {{ keep_touched(inputs, column) }}
        {{ delete_where(is_touched(inputs, column, offsets)) }}
    {% endif %}
{% endmacro %}
