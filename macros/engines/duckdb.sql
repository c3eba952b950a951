{% macro duckdb__days_between(from_date, to_date) -%}
    ({{ to_date }} - {{ from_date }})
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
    ({{ date }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro duckdb__local_date(utc_time) -%}
    {%- if var("time_zone") == "UTC" -%}
        cast({{ utc_time }} as date)
    {%- else -%}
        cast(({{ utc_time }} at time zone 'UTC') at time zone '{{ var("time_zone") }}' as date)
    {%- endif -%}
{%- endmacro %}

{# Most ids end in a digit, and few texts do that they are compared with. #}
{% macro duckdb__is_one_of(text, texts) -%}
    {%- set found = "coalesce(list_position(" ~ sql_list(texts) ~ ", " ~ text ~ "), 0) > 0" -%}
    {%- if modules.re.search("(?m)[0-9]$", texts | join("\n")) -%}
        ({{ found }})
    {%- else -%}
        case when ({{ text }})[-1] between '0' and '9' then false else {{ found }} end
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__is_blank(expression) -%}
    case
        when {{ expression }} between '!' and '~' then false
        else not regexp_matches({{ expression }}, '[^\s\p{Z}\x{0B}\x{1C}-\x{1F}\x{85}]')
    end
{%- endmacro %}

{% macro duckdb__read_as(expression, type, source_type) -%}
    {%- if source_type is none or source_type == '"NULL"' -%}
        cast(null as {{ type }})
    {%- elif source_type == "BLOB" -%}
        {{ read_as("coalesce(try(decode(" ~ expression ~ ")), cast(" ~ expression ~ " as varchar))", type, "VARCHAR") }}
    {%- elif type == "varchar" -%}
        {{ read_as_text(expression, source_type) }}
    {%- elif type == "timestamp" -%}
        {{ read_as_time(expression, source_type) }}
    {%- elif source_type == "VARCHAR" -%}
        try_cast({{ something(expression) }} as {{ type }})
    {%- elif source_type in ["DOUBLE", "FLOAT"] -%}
        {{ number_that_is_one(expression, type) }}
    {%- else -%}
        try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{# A number, NULL for NaN, which is how numpy spells nothing. `x - x = 0` holds for every
   number but NaN and infinity: of comparisons, even isnan, DuckDB believes the statistics
   of Parquet files, which leave NaN out. #}
{% macro number_that_is_one(expression, type) -%}
    case
        when {{ expression }} - {{ expression }} = 0 then try_cast({{ expression }} as {{ type }})
        when cast({{ expression }} as varchar) <> 'nan' then try_cast({{ expression }} as {{ type }})
    end
{%- endmacro %}

{# As text. Whole numbers lose their decimals, as far as they are exact: above 2^53 a
   double may stand for several. Without a source type, each value's own is asked. #}
{% macro read_as_text(expression, source_type) -%}
    {%- set number = "try_cast(" ~ expression ~ " as double)" -%}
    {%- set whole -%}
        case
            when isnan({{ number }}) then null
            when abs({{ number }}) < 9007199254740992 and {{ number }} = trunc({{ number }})
                then cast(try_cast({{ number }} as bigint) as varchar)
            else try_cast({{ expression }} as varchar)
        end
    {%- endset -%}
    {%- if source_type in ["DOUBLE", "FLOAT"] -%}
        {{ whole }}
    {%- elif source_type.startswith("DECIMAL") -%}
        regexp_replace(try_cast({{ expression }} as varchar), '\.0+$', '')
    {%- elif source_type -%}
        try_cast({{ expression }} as varchar)
    {%- else -%}
        case when typeof({{ expression }}) in ('DOUBLE', 'FLOAT') then {{ whole }} else try_cast({{ expression }} as varchar) end
    {%- endif -%}
{%- endmacro %}

{# As a time in UTC. Casts go directly from the source's type, since a detour over text
   would keep Parquet files from being pruned. Text is read with its offset. #}
{% macro read_as_time(expression, source_type) -%}
    {%- if source_type == "VARCHAR" -%}
        coalesce(
            cast(try_cast({{ expression }} as timestamptz) as timestamp),
            case
                when regexp_full_match({{ expression }}, '\d{9,19}(\.\d+)?')
                    then {{ epoch_as_time("try_cast(" ~ expression ~ " as double)") }}
            end
        )
    {%- elif modules.re.match("U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL", source_type) -%}
        {{ epoch_as_time(expression) }}
    {%- elif source_type == "TIMESTAMPTZ_NS" -%}
        cast(try_cast({{ expression }} as timestamptz) as timestamp)
    {%- else -%}
        try_cast({{ expression }} as timestamp)
    {%- endif -%}
{%- endmacro %}

{# A number that is a time from 2000 to 2099 in seconds, or in thousandths of them once,
   twice or thrice: the four ranges are far apart. #}
{% macro epoch_as_time(number) -%}
    case
        {%- for unit, microseconds in [(1, "* 1e6"), (1000, "* 1e3"), (1000000, ""), (1000000000, "/ 1e3")] %}
        when {{ number }} >= {{ 946684800 * unit }} and {{ number }} < {{ 4102444800 * unit }}
            then make_timestamp(try_cast({{ number }} {{ microseconds }} as bigint))
        {%- endfor %}
    end
{%- endmacro %}

{% macro duckdb__list_files(path) %}
    select * replace (cast(cast(modified_at as timestamptz) as timestamp) as modified_at)
    from (
        select
            unnest(
                from_json(
                    json_extract(pointwise_found_files({{ sql_text(tojson({"path": path, "invocation_id": invocation_id})) }}), '$.value'),
                    '[{"file": "VARCHAR", "size_bytes": "BIGINT", "modified_at": "VARCHAR", "reason": "VARCHAR"}]'
                ),
                recursive := true
            )
    ) as found
{% endmacro %}

{% macro duckdb__judge_files(files, columns) %}
    select
        unnest(
            from_json(
                json_extract(
                    pointwise_judged_files(
                        to_json({
                            'files': coalesce(list({{ files }}.file order by {{ files }}.file), []),
                            'columns': cast({{ sql_text(tojson(columns)) }} as json)
                        })
                    ),
                    '$.value'
                ),
                '[{"file": "VARCHAR", "reason": "VARCHAR", "row_count": "BIGINT", "plan": "VARCHAR"}]'
            ),
            recursive := true
        )
    from {{ files }}
{% endmacro %}

{% macro duckdb__read_files(plan) -%}
    {%- if plan.has_row_number -%}
        (
            {% for file in plan.files %}
                select
                    *,
                    row_number() over () - 1 as {{ row_column(plan) }}
                from {{ read_parquet_files([file], plan) }}
                {{ "union all by name" if not loop.last }}
            {% endfor %}
        )
    {%- else -%}
        {{ read_parquet_files(plan.files, plan) }}
    {%- endif -%}
{%- endmacro %}

{# DuckDB's reader of Parquet. #}
{% macro read_parquet_files(files, plan) -%}
    read_parquet(
        [
            {%- for file in files -%}
                {{ file_text(file) }}{{ ", " if not loop.last }}
            {%- endfor -%}
        ],
        filename = '{{ plan.file_column }}',
        {%- if not plan.has_row_number %}
            file_row_number = true,
        {%- endif %}
        {%- if plan.has_partitions %}
            hive_types_autocast = false,
        {%- endif %}
        hive_partitioning = {{ plan.has_partitions | lower }}
    )
{%- endmacro %}

{# Name of the number of a row in its file, from 0. DuckDB cannot give it beside a column
   of that name: rows are then numbered as they are read. #}
{% macro row_column(plan) -%}
    {{ plan.file_column ~ "_row" if plan.has_row_number else "file_row_number" }}
{%- endmacro %}

{% macro duckdb__file_modified_at(file, files) -%}
    cast(map({{ sql_list(files) }}, {{ sql_list(files.values()) }})[{{ file }}] as timestamp)
{%- endmacro %}

{% macro duckdb__read_model_file(name, columns) %}
    {% set file = setting_path("POINTWISE_MODEL", "data/model") ~ "/" ~ name %}
    {% set files = run_query("select file from glob(" ~ file_text(file) ~ ")") if execute %}
    {% if files and files.rows | length > 0 %}
        select * from read_json({{ file_text(file) }}, columns = {{ columns }})
    {% else %}
        select
            {% for column, type in columns.items() %}
                cast(null as {{ type }}) as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        where false
    {% endif %}
{% endmacro %}

{% macro duckdb__list_of_rows(columns, order_by) -%}
    list({{ struct_of(dict(zip(columns, columns))) }} order by {{ order_by }})
{%- endmacro %}

{% macro duckdb__struct_of(values) -%}
    struct_pack(
        {%- for name, value in values.items() %}
        {{ name }} := {{ value }}{{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro duckdb__list_of(items) -%}
    [{{ items | join(", ") }}]
{%- endmacro %}

{% macro duckdb__names_and_values(values) -%}
    cast([
        {%- for name, value in values.items() %}
        {{ struct_of({"attribute": sql_text(name), "value": value}) }}{{ "," if not loop.last }}
        {%- endfor %}
    ] as struct(attribute varchar, value varchar)[])
{%- endmacro %}

{% macro duckdb__sorted_list(expression, where) -%}
    list({{ expression }} order by {{ expression }}) {{ "filter (where " ~ where ~ ")" if where }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }})
{%- endmacro %}

{# DuckDB reads a pattern that is no literal anew for each text. What it finds in a line it
   finds in the text by lines, unless it asks for the first or last letter of all, or sets
   how lines are read. #}
{% macro duckdb__may_match_a_line(lines, pattern) -%}
    (
        regexp_matches({{ lines }}, concat('(?m)', {{ pattern }}))
        or regexp_matches({{ pattern }}, '\\[AGZz]|\(\?\w*-')
    )
{%- endmacro %}

{% macro duckdb__replaced(text, pattern, by) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ by }}', 'g')
{%- endmacro %}

{% macro duckdb__hash_of(values) -%}
    hash({{ values | join(", ") }})
{%- endmacro %}

{% macro duckdb__sum_of_hashes(values) -%}
    sum(hash({{ values | join(", ") | replace(".*", "") }}))
{%- endmacro %}

{% macro duckdb__different_over(expression, window) -%}
    count(distinct {{ expression }}) over {{ window }}
{%- endmacro %}

{% macro duckdb__not_stored() -%}
    not materialized
{%- endmacro %}

{% macro duckdb__rounded_quotient(number, divisor) -%}
    (cast({{ number }} as hugeint) + {{ divisor // 2 }}) // {{ divisor }}
{%- endmacro %}

{% macro duckdb__answer_of_python(name, arguments) -%}
    {{ return(run_query(
        "select pointwise_" ~ name ~ "(" ~ sql_text(tojson(arguments)) ~ ")"
    ).columns[0].values()[0]) }}
{%- endmacro %}

{% macro duckdb__panel_rows(asked, types) %}
    select unnest(from_json(answered.answer -> 'value', {{ sql_text(tojson([types])) }}), recursive := true)
    from (select pointwise_panel_rows({{ sql_text(tojson(asked)) }}) as answer) as answered
    where
        case
            when answered.answer ->> 'error' is null then {{ "false" if flags.EMPTY else "true" }}
            else {{ raise_error("answered.answer ->> 'error'") }}
        end
{% endmacro %}

{% macro duckdb__unnested(list) -%}
    unnest({{ list }})
{%- endmacro %}

{% macro duckdb__joined_lists(list) -%}
    flatten(list({{ list }}))
{%- endmacro %}

{% macro duckdb__repeats_in(list) -%}
    (len({{ list }}) - list_unique({{ list }}))
{%- endmacro %}

{% macro duckdb__new_in_both(list, other, third) -%}
    (
        list_unique(list_concat({{ third }}, list_intersect({{ list }}, {{ other }})))
        - list_unique({{ third }})
    )
{%- endmacro %}

{% macro duckdb__as_json(columns) -%}
    {%- set texts = {} -%}
    {%- for name in columns -%}
        {%- do texts.update({name: "cast(" ~ (columns[name] if columns[name] is string else name) ~ " as varchar)"}) -%}
    {%- endfor -%}
    cast(to_json({{ struct_of(texts) }}) as varchar)
{%- endmacro %}

{% macro duckdb__raw_value(value, is_only) -%}
    {{ value if is_only else "cast(" ~ value ~ " as varchar)" }}
{%- endmacro %}

{% macro duckdb__fingerprint(expression) -%}
    cast(bit_xor(md5_number_lower({{ expression }})) as varchar)
{%- endmacro %}

{% macro duckdb__nth_least(columns, n) -%}
    {%- set values = {} -%}
    {%- for column in columns %}{% do values.update({column.split(".")[-1]: column}) %}{% endfor -%}
    list_last(min({{ struct_of(values) }}, {{ n }}))
{%- endmacro %}

{% macro duckdb__ordered_text(expression, order_by, separator) -%}
    string_agg({{ expression }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro duckdb__whole_numbers(limit) -%}
    select cast(range as integer) as number from range({{ limit }})
{%- endmacro %}

{% macro duckdb__raise_error(message) -%}
    error({{ message }})
{%- endmacro %}

{% macro duckdb__rows_from_python(name, relations, columns, settings) -%}
    select
        unnest(
            from_json(
                pointwise_{{ name }}(json_object(
                    {%- for relation in relations %}
                    '{{ relation }}', (
                        select to_json(list({{ relation }} order by {{ relation }}))
                        from {{ relation }}
                    )
                    {{- "," if settings or not loop.last }}
                    {%- endfor %}
                    {%- for setting in settings %}
                    '{{ setting }}', cast({{ sql_text(tojson(var(setting))) }} as json)
                    {{- "," if not loop.last }}
                    {%- endfor %}
                )) -> 'value',
                {{ sql_text(tojson([columns])) }}
            ),
            recursive := true
        )
{%- endmacro %}

{% macro duckdb__write_loaded(inputs) %}
    create or replace table {{ loaded_relation() }} as select * from {{ inputs }};
    comment on table {{ loaded_relation() }} is '{{ events_version() }}'
{% endmacro %}

{% macro duckdb__keep_touched(inputs, column) %}{% endmacro %}

{% macro duckdb__delete_where(condition) -%}
    delete from {{ this }} where {{ condition }}
{%- endmacro %}

{% macro duckdb__tables_of_version() %}
    {{ return(run_query(
        "select table_name from duckdb_tables() where database_name = "
        ~ sql_text(target.database) ~ " and schema_name = 'internal' and comment = "
        ~ sql_text(events_version())
    ).columns[0].values()) }}
{% endmacro %}

{% macro duckdb__and_recorded(files, columns) -%}
    union all by name
    from read_parquet({{ sql_list(files) }}, union_by_name = true)
{%- endmacro %}

{% macro duckdb__product_over(expression, window) -%}
    product({{ expression }}) over {{ window }}
{%- endmacro %}

{% macro duckdb__number_of_hex(text) -%}
    cast(concat('0x', {{ text }}) as bigint)
{%- endmacro %}

{% macro duckdb__nearest_whole(number) -%}
    cast({{ number }} as bigint)
{%- endmacro %}

{% macro duckdb__partition_column(column) %}{{ return(none) }}{% endmacro %}

{% macro duckdb__rows_of_file(file) -%}
    {{ file.rows }}
{%- endmacro %}

{% macro duckdb__list_type(columns) -%}
    struct({{ columns }})[]
{%- endmacro %}

{% macro duckdb__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{% macro duckdb__quoted(expression) %}{{ return(expression) }}{% endmacro %}

{% macro duckdb__view_or(kind) %}{{ return("view") }}{% endmacro %}

{% macro duckdb__key_of(column) %}{% endmacro %}

{% macro duckdb__columns_built() %}{{ return({}) }}{% endmacro %}
