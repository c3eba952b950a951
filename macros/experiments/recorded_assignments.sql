{# The assignments made so far: this table, else what was last published of it, since a
   warehouse that is built anew must not move anybody; else none. #}
{% macro recorded_assignments() -%}
    {%- set file = sql_text(published_folder() ~ "/experiment_assignments.parquet") -%}
    {%- set found = run_query("select count(*) from glob(" ~ file ~ ")") if execute -%}
    {%- if is_incremental() -%}
        {{ this }}
    {%- elif found and found.columns[0].values()[0] > 0 -%}
        read_parquet({{ file }})
    {%- else -%}
        (
            select
                cast(null as varchar) as experiment,
                cast(null as bigint) as slot_number,
                cast(null as varchar) as user_id,
                cast(null as varchar) as arm,
                cast(null as decimal(9, 6)) as share,
                cast(null as bigint) as block_number,
                cast(null as date) as assigned_date,
                cast(null as varchar) as stratum,
                cast(null as varchar) as band,
                cast(null as integer) as score
            where false
        )
    {%- endif -%}
{%- endmacro %}
