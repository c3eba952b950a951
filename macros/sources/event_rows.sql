{# Rows of event files that are read alike: columns renamed and typed by the types that
   these files have. Values that have the type already can all be read; NULL stands beside
   the others in concat_ws, which needs one. #}
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
            ', ', cast(null as string)
            {%- for column, type in columns.items() if type != "varchar" and plan.types[column] and plan.types[column] != type | upper %},
            {#- One CASE in another: of an AND, DuckDB computes both sides for every row. #}
            case when {{ event_column(column, type, plan.types[column]) }} is null
                then case when {{ something(event_column(column, "varchar", plan.types[column])) }} is not null
                    then '{{ column }}' end end
            {%- endfor %}
        ) as unreadable_columns,
        {{ raw_row(plan, columns) }} as raw_row
    from {{ rows_with_ids(plan) }} as source_rows
{% endmacro %}

{# The name of an event. Where event_types.csv tells events of a name apart by what a
   property says, it is the name with the first condition that holds. #}
{% macro named_event(plan) -%}
    {%- set name = event_column("event_type", "varchar", plan.types["event_type"]) -%}
    {%- set conditions = [] -%}
    {%- for condition in event_conditions() if plan.types.get(condition.column) -%}
        {%- do conditions.append(condition) -%}
    {%- endfor -%}
    {%- if not conditions -%}
        {{ name }}
    {%- else -%}
        case
            {%- for condition in conditions %}
            when
                {{ name }} = {{ sql_text(condition.source_event) }}
                and {{ matches(
                    event_column(condition.column, "varchar", plan.types[condition.column]),
                    sql_text(condition.pattern)
                ) }}
                then {{ sql_text(condition.name) }}
            {%- endfor %}
            else {{ name }}
        end
    {%- endif -%}
{%- endmacro %}

{# Whose an event is: the user id, else the anonymous id; whether that is a user id, or
   stands for anybody at all, the anonymous id that came beside one, and whether one
   could have: of files without, DuckDB then reads nothing to find such rows. #}
{% macro ids_of_event(plan) %}
    {%- set user_id = event_column("user_id", "varchar", plan.types.get("user_id")) -%}
    {%- set anonymous_id = event_column("anonymous_id", "varchar", plan.types.get("anonymous_id")) -%}
    {%- if plan.types.get("anonymous_id") and plan.types.get("user_id") -%}
        {%- set named, device = "source_rows.pointwise_named_id", "source_rows.pointwise_device_id" -%}
        coalesce({{ named }}, {{ device }}, {{ user_id }}, {{ anonymous_id }}) as user_id,
        {{ named }} is not null as is_named,
        {{ named }} is not null or {{ device }} is not null as is_somebody,
        case when {{ named }} is not null then nullif({{ device }}, {{ named }}) end
            as anonymous_id,
        true as has_both_ids
    {%- else -%}
        {%- set is_named = not plan.types.get("anonymous_id") -%}
        {%- set id = user_id if is_named else anonymous_id -%}
        {{ id }} as user_id,
        {{ is_named | lower }} as is_named,
        {{ is_somebody(id) }} as is_somebody,
        cast(null as string) as anonymous_id,
        false as has_both_ids
    {%- endif -%}
{%- endmacro %}

{# The rows of the files. Where they have both kinds of ids, each that stands for somebody
   is beside them: DuckDB would judge it once for each time that it is named. #}
{% macro rows_with_ids(plan) %}
    {%- if plan.types.get("anonymous_id") and plan.types.get("user_id") -%}
        (
            select
                *
                {%- for id, column in [("named", "user_id"), ("device", "anonymous_id")] %}
                {%- set text = event_column(column, "varchar", plan.types[column]) %},
                case when {{ is_somebody(text) }} then {{ text }} end as pointwise_{{ id }}_id
                {%- endfor %}
            from {{ read_files(plan) }}
        )
    {%- else -%}
        {{ read_files(plan) }}
    {%- endif -%}
{%- endmacro %}

{# Condition, never NULL: an id stands for somebody. #}
{% macro is_somebody(id) -%}
    coalesce(not {{ is_blank(id) }} and not {{ is_placeholder(id) }}, false)
{%- endmacro %}

{# What a row of the source holds, of its user agent nothing. #}
{% macro raw_row(plan, columns) -%}
    {%- set values = {} -%}
    {%- for column in columns if column != "user_agent" -%}
        {%- set value = source_column("event_columns", column) | trim if plan.types[column] else "null" -%}
        {%- do values.update({column: raw_value(value, plan.is_only)}) -%}
    {%- endfor -%}
    {{ struct_of(values) }}
{%- endmacro %}

{# The same as a JSON object of texts, of the columns that some file has. #}
{% macro raw_content(raw_row) -%}
    {%- set plans = event_file_groups() -%}
    {%- set texts = {} -%}
    {%- for column in dict(required_event_columns(), **optional_event_columns()) if column != "user_agent"
        and plans | map(attribute="types") | selectattr(column) | list -%}
        {%- do texts.update({column: raw_row ~ "." ~ column}) -%}
    {%- endfor -%}
    {{ as_json(texts) if texts else "cast(null as string)" }}
{%- endmacro %}

{# The columns of event rows without a row, where there is no file to read. #}
{% macro no_event_rows() %}
    select
        cast(null as string) as file,
        cast(null as bigint) as file_row,
        cast(null as timestamp) as file_modified_at,
        cast(null as string) as user_id,
        false as is_named,
        false as is_somebody,
        cast(null as string) as anonymous_id,
        false as has_both_ids,
        {%- for column, type in dict(required_event_columns(), **optional_event_columns()).items()
            if column not in ["user_id", "anonymous_id"] %}
        cast(null as {{ type | replace('varchar', 'string') }}) as {{ "source_event" if column == "event_type" else column }},
        {%- endfor %}
        false as has_event_id,
        cast(null as string) as unreadable_columns,
        null as raw_row
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
        ] %}, coalesce(cast({{ column }} as string), ''){% endfor %}
    ))
{%- endmacro %}

{# A time of arrival, or NULL if a clock that was reset must have written it. #}
{% macro plausible_arrival(arrived_at) -%}
    case
        when {{ arrived_at }} between timestamp '2000-01-01' and timestamp '2100-01-01'
            then {{ arrived_at }}
    end
{%- endmacro %}
