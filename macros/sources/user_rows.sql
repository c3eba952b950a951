{# Users files by how they are read, and those that cannot be: a mapping with `plans` and
   `unreadable`. There may be no file at all: profile attributes are optional. #}
{% macro user_files() %}
    {% if not execute %}{{ return({"plans": [], "unreadable": []}) }}{% endif %}
    {% set path = setting_path("POINTWISE_USERS", "data/raw/users*.parquet") %}
    {% set found = found_files(path) %}
    {% set columns = needed_user_columns() %}
    {% set verdicts = found | selectattr("reason") | list + call_python("judged_files", {
        "files": found | rejectattr("reason") | map(attribute="file") | list,
        "columns": columns,
    }) %}
    {{ return({
        "plans": file_groups(verdicts, columns, "user_columns"),
        "unreadable": verdicts | selectattr("reason") | list,
    }) }}
{% endmacro %}

{# Rows of users files that are read alike: ids, attributes as a list, and the day and
   time from which they hold. #}
{% macro user_rows(plan) %}
    {%- set type = plan.types["valid_from"] %}
    {%- set column = source_column("user_columns", "valid_from") %}
    {%- set read_at = in_the_calendar(read_as(column, "timestamp", type)) %}
    select
        source_rows.{{ plan.file_column }} as file,
        source_rows.{{ row_column(plan) }} as file_row,
        {{ user_column("user_id", "varchar", plan.types["user_id"]) }} as user_id,
        {{ attributes_as_list(plan) }} as attributes,
        case when not {{ is_day(column, type) }} then {{ read_at }} end as valid_from_at,
        {{ day_of(column, type) }} as valid_from,
        {% if type -%}
            {{ read_at }} is null
            and {{ something(user_column("valid_from", "varchar", type)) }} is not null
        {%- else -%}
            false
        {%- endif %} as has_unreadable_valid_from,
        cast(null as string) as reason
    from {{ read_files(plan) }} as source_rows
{% endmacro %}

{# The attributes of a row, as a list of names and values; the account is always one. #}
{% macro attributes_as_list(plan) -%}
    {%- set values = {} -%}
    {%- for attribute in ["account_id"] + (list_var("user_attributes") | reject("equalto", "account_id") | list)
        if plan.types[attribute] -%}
        {%- set value = canonical_attribute(user_column(attribute, "varchar", plan.types[attribute])) -%}
        {%- do values.update({attribute: value}) -%}
    {%- endfor -%}
    {{ names_and_values(values) }}
{%- endmacro %}

{# A time that every calendar has, or NULL: none is infinite or a million years off. #}
{% macro in_the_calendar(time) -%}
    case when {{ time }} >= timestamp '0002-01-01' and {{ time }} < timestamp '9999-12-31' then {{ time }} end
{%- endmacro %}

{# Condition: a value of a source names a day and no time, given its type there. #}
{% macro is_day(value, type) -%}
    {{ matches("trim(" ~ value ~ ")", sql_text("^\\d{4}-\\d{2}-\\d{2}\\z")) if type == "VARCHAR" else (type == "DATE") | string | lower }}
{%- endmacro %}

{# The day of a value of a source. A day without a time is that day in any time zone. #}
{% macro day_of(value, type) -%}
    {%- set read_at = in_the_calendar(read_as(value, "timestamp", type)) -%}
    case when {{ is_day(value, type) }} then cast({{ read_at }} as date) else {{ local_date(read_at) }} end
{%- endmacro %}

{# One text for what people write in several ways: true and TRUE, 50, +50, 50.0 and 5e1.
   Numbers with leading zeros are names: 007 stays. Spellings of nothing are NULL. White
   space of any kind at the ends goes, as by Python's strip(). #}
{% macro canonical_attribute(text) -%}
    {%- set white = "[\\s\\p{Z}\\x{0B}\\x{1C}-\\x{1F}\\x{85}]+" -%}
    {%- set trimmed = replaced(text, "^" ~ white ~ "|" ~ white ~ "$", "") -%}
    case
        when {{ something(text) }} is null or {{ is_blank(text) }} then null
        when lower({{ trimmed }}) in ('true', 'false') then lower({{ trimmed }})
        when {{ matches(trimmed, sql_text("^[+-]?(0|[1-9]\\d*)(\\.\\d+)?\\z")) }}
            then {{ without_trailing_zeros("trim(leading '+' from " ~ trimmed ~ ")") }}
        when {{ matches(trimmed, sql_text("^[+-]?\\d(\\.\\d+)?[eE][+-]?\\d{1,2}\\z")) }}
            then coalesce(
                {{ without_trailing_zeros(read_as("try_cast(" ~ trimmed ~ " as decimal(38, 9))", "varchar", "DECIMAL(38,9)")) }},
                {{ trimmed }}
            )
        else {{ trimmed }}
    end
{%- endmacro %}

{# The text of a number without zeros, or a point, that end its decimals. #}
{% macro without_trailing_zeros(number) -%}
    {{ replaced(number, "\\.0*$|(\\.\\d*[1-9])0+$", "\\1") }}
{%- endmacro %}

{# A users file that cannot be read, as a row without any content. #}
{% macro no_user_rows(file, reason) %}
    select
        {{ sql_text(file) }} as file,
        cast(null as bigint) as file_row,
        cast(null as string) as user_id,
        {{ names_and_values({}) }} as attributes,
        cast(null as timestamp) as valid_from_at,
        cast(null as date) as valid_from,
        false as has_unreadable_valid_from,
        {{ sql_text(reason) }} as reason
{% endmacro %}
