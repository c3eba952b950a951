{# The assignments made so far: those of the warehouse, else what was last published of
   them, since a warehouse that is built anew must not move anybody; else none. A
   record of old does not tell the control. #}
{% macro recorded_assignments(record) -%}
    {%- set file = sql_text(published_folder() ~ "/experiment_assignments.parquet") -%}
    {%- set found = run_query("select count(*) from glob(" ~ file ~ ")") if execute -%}
    {%- set made = none -%}
    {%- if execute and load_relation(record) -%}
        {%- set made = record -%}
    {%- elif found and found.columns[0].values()[0] > 0 -%}
        {%- set made = "read_parquet(" ~ file ~ ")" -%}
    {%- endif -%}
    {%- if not made -%}
        ({{ no_assignments() | replace("\n", " ") }})
    {%- elif "is_control" in run_query("describe from " ~ made).columns[0].values() -%}
        {{ made }}
    {%- else -%}
        (select *, cast(null as boolean) as is_control from {{ made }})
    {%- endif -%}
{%- endmacro %}

{# A record without rows. #}
{% macro no_assignments() -%}
    select
        cast(null as varchar) as experiment,
        cast(null as bigint) as slot_number,
        cast(null as varchar) as user_id,
        cast(null as varchar) as arm,
        cast(null as boolean) as is_control,
        cast(null as decimal(9, 6)) as share,
        cast(null as bigint) as block_number,
        cast(null as date) as assigned_date,
        cast(null as varchar) as stratum,
        cast(null as varchar) as band,
        cast(null as integer) as score
    where false
{%- endmacro %}
