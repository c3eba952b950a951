{# Rows of event files that are read alike: columns renamed and typed by the types that
   these files have. #}
{% macro event_rows(plan) %}
    {%- set columns = dict(required_event_columns(), **optional_event_columns()) %}
    select
        source_rows.{{ plan.file_column }} as file,
        source_rows.{{ row_column(plan) }} as file_row,
        {{ file_modified_at("source_rows." ~ plan.file_column, plan.files) }} as file_modified_at,
        {{ ids_of_event(plan) }},
        {%- for column, type in columns.items() if column not in ["user_id", "anonymous_id"] %}
        {{ named_event(plan) if column == "event_type" else event_column(column, type, plan.types[column]) }}
            as {{ "source_event" if column == "event_type" else column }},
        {%- endfor %}
        {%- set event_id = event_column("event_id", "varchar", plan.types["event_id"]) %}
        {{ event_id }} is not null and not {{ is_no_id(event_id) }} as has_event_id,
        concat_ws(
            ', '
            {%- for column, type in columns.items() if type != "varchar" and plan.types[column] %},
            {#- One CASE in another: of an AND, DuckDB computes both sides for every row. #}
            case when {{ event_column(column, type, plan.types[column]) }} is null
                then case when {{ something(event_column(column, "varchar", plan.types[column])) }} is not null
                    then '{{ column }}' end end
            {%- endfor %}
        ) as unreadable_columns,
        {{ raw_content(plan, columns) }} as raw_content
    from {{ read_files(plan) }} as source_rows
{% endmacro %}

{# The name of an event. Where event_types.csv tells events of a name apart by what a
   property says, it is the name with the first condition that holds. #}
{% macro named_event(plan) -%}
    {%- set name = event_column("event_type", "varchar", plan.types["event_type"]) -%}
    {%- set told_apart = [] -%}
    {%- for condition in event_conditions() if plan.types.get(condition.column) -%}
        {%- do told_apart.append(condition) -%}
    {%- endfor -%}
    {%- if not told_apart -%}
        {{ name }}
    {%- else -%}
        case
            {%- for condition in told_apart %}
            when
                {{ name }} = {{ sql_text(condition.source_event) }}
                and regexp_matches(
                    {{ event_column(condition.column, "varchar", plan.types[condition.column]) }},
                    {{ sql_text(condition.pattern) }}
                )
                then {{ sql_text(condition.name) }}
            {%- endfor %}
            else {{ name }}
        end
    {%- endif -%}
{%- endmacro %}

{# Whose an event is: the user id, else the anonymous id; whether that is a user id, and
   the anonymous id that came beside one. Files without anonymous ids pay nothing for it. #}
{% macro ids_of_event(plan) %}
    {%- set user_id = event_column("user_id", "varchar", plan.types.get("user_id")) -%}
    {%- set anonymous_id = event_column("anonymous_id", "varchar", plan.types.get("anonymous_id")) -%}
    {%- if not plan.types.get("anonymous_id") -%}
        {{ user_id }} as user_id,
        true as is_named,
        cast(null as varchar) as anonymous_id
    {%- elif not plan.types.get("user_id") -%}
        {{ anonymous_id }} as user_id,
        false as is_named,
        cast(null as varchar) as anonymous_id
    {%- else -%}
        case
            when {{ is_somebody(user_id) }} then {{ user_id }}
            when {{ is_somebody(anonymous_id) }} then {{ anonymous_id }}
            else coalesce({{ user_id }}, {{ anonymous_id }})
        end as user_id,
        {{ is_somebody(user_id) }} as is_named,
        case
            when {{ is_somebody(user_id) }} and {{ is_somebody(anonymous_id) }}
                then nullif({{ anonymous_id }}, {{ user_id }})
        end as anonymous_id
    {%- endif -%}
{%- endmacro %}

{# Condition, never NULL: an id stands for somebody. #}
{% macro is_somebody(id) -%}
    coalesce(not {{ is_blank(id) }} and not {{ is_placeholder(id) }}, false)
{%- endmacro %}

{# What a row of the source holds, as a JSON object of texts; of its user agent nothing. #}
{% macro raw_content(plan, columns) -%}
    cast(
        to_json(
            struct_pack(
                {%- for column in columns if plan.types[column] and column != "user_agent" %}
                {{ column }} := cast({{ source_column("event_columns", column) }} as varchar){{ "," if not loop.last }}
                {%- endfor %}
            )
        ) as varchar
    )
{%- endmacro %}

{# The columns of event rows without a row, where there is no file to read. #}
{% macro no_event_rows() %}
    select
        cast(null as varchar) as file,
        cast(null as bigint) as file_row,
        cast(null as timestamp) as file_modified_at,
        cast(null as varchar) as user_id,
        false as is_named,
        cast(null as varchar) as anonymous_id,
        {%- for column, type in dict(required_event_columns(), **optional_event_columns()).items()
            if column not in ["user_id", "anonymous_id"] %}
        cast(null as {{ type }}) as {{ "source_event" if column == "event_type" else column }},
        {%- endfor %}
        false as has_event_id,
        cast(null as varchar) as unreadable_columns,
        cast(null as varchar) as raw_content
    where false
{% endmacro %}

{# The id of an event that came without one: a hash of what it says. When it was
   received is left out, so that a second delivery is the same event. #}
{% macro content_hash() -%}
    md5(concat_ws(
        chr(31)
        {%- for column in [
            "user_id", "occurred_at", "source_event", "session_id", "page_path",
            "duration_seconds", "amount", "channel", "device", "country",
        ] %}, coalesce(cast({{ column }} as varchar), ''){% endfor %}
    ))
{%- endmacro %}

{# A time of arrival, or NULL if a clock that was reset must have written it. #}
{% macro plausible_arrival(arrived_at) -%}
    case
        when {{ arrived_at }} between timestamp '2000-01-01' and timestamp '2100-01-01'
            then {{ arrived_at }}
    end
{%- endmacro %}
