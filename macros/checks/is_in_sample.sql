{# Condition: a row belongs to a fixed sample by the hash of a column, one in sixteen where
   a table counts more than a number of rows, else all. The size is looked up beforehand: a
   condition that the database must compute first would keep it from skipping rows. #}
{% macro is_in_sample(column, table, above, rows="count(*)") -%}
    {%- set relation = load_relation(table) if execute -%}
    {%- set found = run_query("select " ~ rows ~ " from " ~ relation) if relation -%}
    {%- set size = found.columns[0].values()[0] or 0 if relation else 0 -%}
    {{ hash_of(column) }} % {{ 16 if size > above else 1 }} = 0
{%- endmacro %}
