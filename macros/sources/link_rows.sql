{# The rows of the links files, and a row for each that cannot be read. There may be none:
   scripts/pointwise/sources/links.py. #}
{% macro link_rows() %}
    {% set path = setting_path("POINTWISE_LINKS", "data/raw/links.parquet") %}
    {% for file in call_python("link_files", {"path": path, "invocation_id": invocation_id}) or [] %}
        select
            {{ sql_text(file.file) }} as file,
            {% if file.reason %}
                cast(null as varchar) as user_id,
                cast(null as varchar) as person_id,
                cast(null as date) as known_from,
                false as has_unreadable_day,
                {{ sql_text(file.reason) }} as reason
            {% else %}
                {{ read_as(file.columns.id.expression, "varchar", file.columns.id.type) }} as user_id,
                {{ read_as(file.columns.person_id.expression, "varchar", file.columns.person_id.type) }} as person_id,
                {{ known_from(file.columns.known_from) }} as known_from,
                {{ something("cast(" ~ file.columns.known_from.expression ~ " as varchar)") if file.columns.known_from else "null" }} is not null
                and {{ known_from(file.columns.known_from) }} is null as has_unreadable_day,
                cast(null as varchar) as reason
            from {{ file.rows }}
            {% endif %}
        union all
    {% endfor %}
    select
        cast(null as varchar) as file,
        cast(null as varchar) as user_id,
        cast(null as varchar) as person_id,
        cast(null as date) as known_from,
        false as has_unreadable_day,
        cast(null as varchar) as reason
    where false
{% endmacro %}

{# The day from which a link is known. A day without a time is that day in any zone. #}
{% macro known_from(column) -%}
    {%- if not column -%}
        cast(null as date)
    {%- else -%}
        {%- set read_at = in_the_calendar(read_as(column.expression, "timestamp", column.type)) -%}
        {%- set is_day = "regexp_full_match(trim(" ~ column.expression ~ "), '\d{4}-\d{2}-\d{2}')" if column.type == "VARCHAR" else (column.type == "DATE") | string | lower -%}
        case when {{ is_day }} then cast({{ read_at }} as date) else {{ local_date(read_at) }} end
    {%- endif -%}
{%- endmacro %}
