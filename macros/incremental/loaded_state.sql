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
    create or replace table {{ loaded_relation() }} as select * from {{ inputs }};
    comment on table {{ loaded_relation() }} is '{{ events_version() }}'
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

{# Condition: a value is among those of a table's column, named as literals: DuckDB reads
   no file but those of named ones. #}
{% macro is_among(value, relation, column, where) -%}
    {%- set among = run_query(
        "select distinct " ~ column ~ " from " ~ relation ~ " where " ~ where ~ " order by all"
    ).columns[0].values() if execute else [] -%}
    {{ value }} in ({{ sql_values(among) }})
{%- endmacro %}

{# Pre-hook: delete what was touched; nothing on a first or full build. #}
{% macro delete_touched(inputs, column) %}
    {% if execute and is_incremental() %}
        delete from {{ this }} where {{ is_touched(inputs, column) }}
    {% endif %}
{% endmacro %}

{# Days that are touched, or lie so many days from one, as literals. #}
{% macro days_near_touched(file_days, offsets) %}
    {% set days = [] %}
    {% for day in touched_values(file_days, "activity_date") %}
        {% for offset in offsets %}
            {% do days.append(day + modules.datetime.timedelta(days=offset)) %}
        {% endfor %}
    {% endfor %}
    {{ return(sql_values(days | unique)) }}
{% endmacro %}

{# Condition: this row is of such a day. #}
{% macro is_near_touched_day(file_days, offsets) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        activity_date in ({{ days_near_touched(file_days, offsets) }})
    {%- endif -%}
{%- endmacro %}

{# Condition on rows of event files: the same. The files that have such days are named too,
   so that no other file is read. #}
{% macro is_event_near_touched_day(events, file_days, offsets=[0]) -%}
    {%- if not execute or not has_loaded_state() -%}
        true
    {%- else -%}
        {%- set is_near = "activity_date in (" ~ days_near_touched(file_days, offsets) ~ ")" -%}
        {{ events }}.{{ is_near }}
        and {{ is_among(events ~ ".file", file_days, column="file", where=is_near) }}
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete the rows of such days; nothing on a first or full build. #}
{% macro delete_near_touched_days(file_days, offsets) %}
    {% if execute and is_incremental() %}
        delete from {{ this }} where {{ is_near_touched_day(file_days, offsets) }}
    {% endif %}
{% endmacro %}
