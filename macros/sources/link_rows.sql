{# The rows of the links files, and a row for each that cannot be read. There may be none:
   scripts/pointwise/sources/links.py. #}
{% macro link_rows() %}
    {% set path = setting_path("POINTWISE_LINKS", "data/raw/links.parquet") %}
    {% for file in call_python("link_files", {"path": path, "invocation_id": invocation_id}) or [] %}
        {{ rows_of_links(file) }}
        union all
    {% endfor %}
    select * from ({{ rows_of_links({"file": "", "reason": ""}) }}) as no_row
    where false
{% endmacro %}

{# The rows of one of them. #}
{% macro rows_of_links(file) %}
    {%- set columns = file.columns or {} %}
    {%- for column in columns.values() if column -%}
        {%- do column.update({"expression": quoted(column.expression)}) -%}
    {%- endfor %}
    {%- set day = columns.get("known_from") or {} %}
    select
        {{ sql_text(file.file) }} as file,
        {{ id_of_link(columns.get("id")) }} as user_id,
        {{ id_of_link(columns.get("person_id")) }} as person_id,
        {{ day_of(day.get("expression", "null"), day.get("type")) }} as known_from,
        {{ something("cast(" ~ day.expression ~ " as string)") if day else "null" }} is not null
        and {{ day_of(day.get("expression", "null"), day.get("type")) }} is null as has_unreadable_day,
        {{ text_or_null(file.reason) }} as reason
    {{ "from " ~ rows_of_file(file) if file.rows }}
{% endmacro %}

{# An id of a links file, as text. #}
{% macro id_of_link(column) -%}
    {{ read_as(column.expression, "varchar", column.type) if column else "cast(null as string)" }}
{%- endmacro %}

{# Whom ids lead to in a number of steps, from pointers (as_of_date, user_id, person_id): the
   query of a recursive CTE. A walk ends that comes back to `passed`, whom it had reached
   when its steps were last a power of two: it is in a circle (Brent's algorithm). #}
{% macro walks_of_links(pointers, walks) %}
    select
        as_of_date, user_id, person_id,
        user_id as passed,
        1 as steps
    from {{ pointers }}
    union all
    select
        {{ walks }}.as_of_date, {{ walks }}.user_id, {{ pointers }}.person_id,
        case
            when ({{ walks }}.steps & ({{ walks }}.steps - 1)) = 0 then {{ walks }}.person_id
            else {{ walks }}.passed
        end as passed,
        {{ walks }}.steps + 1 as steps
    from {{ walks }}
    inner join {{ pointers }}
        on {{ walks }}.as_of_date = {{ pointers }}.as_of_date
        and {{ walks }}.person_id = {{ pointers }}.user_id
    where
        {{ walks }}.steps < {{ var("max_ids_per_person") }}
        and {{ walks }}.person_id <> {{ walks }}.passed
{% endmacro %}
