{% macro spark__days_between(from_date, to_date) -%}
    datediff({{ to_date }}, {{ from_date }})
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
    date_add({{ date }}, cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__local_date(utc_time) -%}
    {%- if var("time_zone") == "UTC" -%}
        cast({{ utc_time }} as date)
    {%- else -%}
        cast(convert_timezone('UTC', '{{ var("time_zone") }}', {{ utc_time }}) as date)
    {%- endif -%}
{%- endmacro %}

{% macro spark__is_one_of(text, texts) -%}
    coalesce({{ text }} in ({{ sql_values(texts) }}), false)
{%- endmacro %}

{% macro spark__is_blank(expression) -%}
    (not regexp_like({{ expression }}, '[^\\s\\p{Z}\\x{0B}\\x{1C}-\\x{1F}\\x{85}]'))
{%- endmacro %}

{# Types are those that DuckDB gives the file's columns: scripts/pointwise/sources/reading.py
   looks at the footers. #}
{% macro spark__read_as(expression, type, source_type) -%}
    {%- if source_type is none or source_type == '"NULL"' -%}
        cast(null as {{ type | replace("varchar", "string") }})
    {%- elif source_type == "BLOB" -%}
        {{ read_as(
            "if(is_valid_utf8(cast(" ~ expression ~ " as string)), cast(" ~ expression ~ " as string), "
            ~ spark__text_of_bytes(expression) ~ ")", type, "VARCHAR"
        ) }}
    {%- elif type == "varchar" -%}
        {{ spark__text(expression, source_type) }}
    {%- elif type == "timestamp" -%}
        {{ spark__time(expression, source_type) }}
    {%- elif source_type == "VARCHAR" -%}
        {{ spark__number(something(expression), type) }}
    {%- elif source_type == "DOUBLE" and type == "decimal(18, 4)" -%}
        {#- Spark would round the digits that are shown: 0.00015 would be 0.0002. #}
        try_cast(
            try_cast(round(nanvl({{ expression }}, null) * 1e4) as bigint) * 0.0001 as decimal(18, 4)
        )
    {%- elif source_type in ["DOUBLE", "FLOAT"] -%}
        case when not isnan({{ expression }}) then try_cast({{ expression }} as {{ type }}) end
    {%- else -%}
        try_cast({{ expression }} as {{ type }})
    {%- endif -%}
{%- endmacro %}

{# A number that a text spells as DuckDB reads it: Spark would take 5d and 5f, too, and not
   1_000. #}
{% macro spark__number(text, type) -%}
    {%- set digits = "[0-9]+(_[0-9]+)*" -%}
    case
        when regexp_like(trim({{ text }}), '^[+-]?({{ digits }}([.]({{ digits }})?)?|[.]{{ digits }})([eE][+-]?{{ digits }})?\\z')
            then try_cast(replace(trim({{ text }}), '_', '') as {{ type }})
        when regexp_like(lower(trim({{ text }})), '^[+-]?inf(inity)?\\z')
            then try_cast(replace(lower(trim({{ text }})), 'infinity', 'inf') as {{ type }})
    end
{%- endmacro %}

{# As text. Whole numbers lose their decimals, as far as they are exact. #}
{% macro spark__text(expression, source_type) -%}
    {%- set whole -%}
        case
            when isnan(try_cast({{ expression }} as double)) then null
            when abs(try_cast({{ expression }} as double)) < 9007199254740992
                and try_cast({{ expression }} as double) = try_cast(try_cast({{ expression }} as double) as bigint)
                then cast(try_cast(try_cast({{ expression }} as double) as bigint) as string)
            else {{ spark__text_of_double("try_cast(cast(" ~ expression ~ " as string) as double)") }}
        end
    {%- endset -%}
    {%- if source_type in ["DOUBLE", "FLOAT"] -%}
        {{ whole }}
    {%- elif source_type.startswith("DECIMAL") -%}
        {#- Cast, small ones would be 1E-9. #}
        regexp_replace(replace(format_number({{ expression }}, {{ modules.re.search("([0-9]+)[)]", source_type)[1] }}), ',', ''), '[.]0+\\z', '')
    {%- elif source_type.startswith(("TIMESTAMP WITH", "TIMESTAMPTZ")) -%}
        concat(cast({{ expression }} as string), '+00')
    {%- elif source_type -%}
        cast({{ expression }} as string)
    {%- else -%}
        case when typeof({{ expression }}) in ('double', 'float') then {{ whole }} else cast({{ expression }} as string) end
    {%- endif -%}
{%- endmacro %}

{# As a time in UTC: the session's time zone is UTC. Spark would read a year or a time of
   day alone, too. #}
{% macro spark__time(expression, source_type) -%}
    {%- if source_type == "VARCHAR" -%}
        coalesce(
            case
                when regexp_like({{ expression }}, '^\\s*[0-9]{1,6}-[0-9]{1,2}-[0-9]{1,2}+(?!\\s+\\z)')
                    then cast(try_cast(trim({{ expression }}) as timestamp_ltz) as timestamp_ntz)
            end,
            case
                when regexp_like({{ expression }}, '^[0-9]{9,19}([.][0-9]+)?\\z')
                    then {{ spark__epoch("try_cast(" ~ expression ~ " as double)") }}
            end
        )
    {%- elif modules.re.match("U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|DOUBLE|FLOAT|DECIMAL", source_type) -%}
        {{ spark__epoch(expression) }}
    {%- else -%}
        cast({{ expression }} as timestamp_ntz)
    {%- endif -%}
{%- endmacro %}

{# A number that is a time from 2000 to 2099 in seconds or thousandths of them. #}
{% macro spark__epoch(number) -%}
    case
        {%- for unit, microseconds in [(1, "* 1e6"), (1000, "* 1e3"), (1000000, "* 1e0"), (1000000000, "/ 1e3")] %}
        when {{ number }} >= {{ 946684800 * unit }} and {{ number }} < {{ 4102444800 * unit }}
            then cast(timestamp_micros(cast(round({{ number }} {{ microseconds }}) as bigint)) as timestamp_ntz)
        {%- endfor %}
    end
{%- endmacro %}

{# Rows that Python has found while dbt compiles, as literals. #}
{% macro spark__rows(rows, types) -%}
    {%- set columns = [] -%}
    {%- for name, type in types.items() -%}
        {%- do columns.append("`" ~ name ~ "`: " ~ (type | lower | replace("varchar", "string"))) -%}
    {%- endfor -%}
    select inline(from_json({{ sql_text(tojson(rows)) }}, 'array<struct<{{ columns | join(", ") }}>>'))
{%- endmacro %}

{% macro spark__list_files(path) %}
    select file, size_bytes, cast(cast(modified_at as timestamp_ltz) as timestamp_ntz) as modified_at, reason
    from (
        {{ spark__rows(found_files(path) or [], {
            "file": "string", "size_bytes": "bigint", "modified_at": "string", "reason": "string",
        }) }}
    ) as found
{% endmacro %}

{# Footers only are looked into, on the machine that runs dbt: pages are read by the build. #}
{% macro spark__judge_files(files, columns) %}
    {% set base = load_relation(ref("base_event_files")) if execute %}
    {% set to_judge = run_query(
        "select file from " ~ base ~ " where reason is null and "
        ~ is_touched(ref("base_event_files"), "file")
    ).columns[0].values() if base else [] %}
    {{ spark__rows(
        call_python("judged_files", {
            "files": to_judge | list | sort, "columns": columns, "reads_pages": false,
        }) or [],
        {"file": "string", "reason": "string", "row_count": "bigint", "plan": "string"},
    ) }}
{% endmacro %}

{# All files in one reading, by a pattern of their names; in an increment, those that were
   touched. Braces take one escape, what stands in them another. #}
{% macro spark__read_files(plan) -%}
    {%- set names = [] -%}
    {%- set touched = run_query(
        "select file from " ~ ref("stg_event_files") ~ " where "
        ~ is_touched(ref("stg_event_files"), "file")
    ).columns[0].values() | list if is_incremental() else plan.files -%}
    {%- set files = plan.files | select("in", touched) | list -%}
    {%- for file in files or plan.files | list | batch(1) | first -%}
        {%- do names.append(modules.re.sub("([\\\\{},])", "\\\\\\1", spark__path(file))[1:]) -%}
    {%- endfor -%}
    (
        select
            {{ spark__columns_of(plan) }},
            {%- for key in plan.partitions %}
            regexp_extract(_metadata.file_path, '/{{ key }}=([^/]*)/', 1) as `{{ key }}`,
            {%- endfor %}
            url_decode(replace(regexp_replace(_metadata.file_path, '^file:/+', '/'), '+', '%2B'))
                as {{ plan.file_column }},
            cast(_metadata.file_modification_time as timestamp_ntz) as {{ plan.file_column }}_time,
            _metadata.row_index as {{ row_column(plan) }}
        from parquet.`/{% raw %}{{% endraw %}{{ names | join(",") }}{% raw %}}{% endraw %}`
        {{ "where false" if not files }}
    )
{%- endmacro %}

{# A file's path as a pattern of names that means it alone, in backticks. #}
{% macro spark__path(file) -%}
    {{ modules.re.sub("([\\\\{}\\[\\]*?,])", "\\\\\\1", file) | replace("`", "``") }}
{%- endmacro %}

{# All columns of files. Times in nanoseconds, which Spark reads as numbers, become such in
   microseconds, the nearest, as DuckDB's casts have them. #}
{% macro spark__columns_of(plan) -%}
    {%- set times = [] -%}
    {%- for column, type in plan.sources.items() if type.endswith("_NS") and type.startswith("TIMESTAMP") -%}
        {%- set name = "`" ~ (column | replace("`", "``")) ~ "`" -%}
        {%- set time = "timestamp_micros((" ~ name ~ " + if(" ~ name ~ " < 0, -500, 500)) div 1000)" -%}
        {%- do times.append((name, time if "TZ" in type else "cast(" ~ time ~ " as timestamp_ntz)")) -%}
    {%- endfor -%}
    * {{ "except (" ~ times | map("first") | join(", ") ~ ")" if times }}
    {%- for name, time in times %}, {{ time }} as {{ name }}{% endfor -%}
{%- endmacro %}

{% macro spark__file_modified_at(file, files) -%}
    {{ file }}_time
{%- endmacro %}

{% macro spark__list_of_rows(columns, order_by) -%}
    array_sort(collect_list({{ struct_of(dict(zip(columns, columns))) }}))
{%- endmacro %}

{% macro spark__struct_of(values) -%}
    named_struct(
        {%- for name, value in values.items() %}
        '{{ name }}', {{ value }}{{ "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{% macro spark__list_of(items) -%}
    array({{ items | join(", ") }})
{%- endmacro %}

{% macro spark__names_and_values(values) -%}
    cast(array(
        {%- for name, value in values.items() %}
        {{ struct_of({"attribute": sql_text(name), "value": value}) }}{{ "," if not loop.last }}
        {%- endfor %}
    ) as array<struct<attribute: string, value: string>>)
{%- endmacro %}

{% macro spark__unnested(list) -%}
    explode({{ list }})
{%- endmacro %}

{% macro spark__sorted_list(expression, where) -%}
    sort_array(collect_list({{ expression }}) {{ "filter (where " ~ where ~ ")" if where }})
{%- endmacro %}

{% macro spark__joined_lists(list) -%}
    flatten(collect_list({{ list }}))
{%- endmacro %}

{% macro spark__repeats_in(list) -%}
    (size({{ list }}) - size(array_distinct({{ list }})))
{%- endmacro %}

{% macro spark__new_in_both(list, other, third) -%}
    (
        size(array_distinct(concat(
            {{ third }}, coalesce(array_intersect({{ list }}, {{ other }}), array_except({{ third }}, {{ third }}))
        )))
        - size(array_distinct({{ third }}))
    )
{%- endmacro %}

{# As RE2 has it: (?i) means letters of all alphabets, and a dot all but a line feed. #}
{% macro spark__matches(text, pattern) -%}
    regexp_like({{ text }}, concat('(?du)', {{ pattern }}))
{%- endmacro %}

{# Java tries again from each letter, which takes the square of a text's length. #}
{% macro spark__may_match_a_line(lines, pattern) -%}
    true
{%- endmacro %}

{% macro spark__replaced(text, pattern, by) -%}
    regexp_replace({{ text }}, {{ text_literal(pattern) }}, '{{ by | replace("\\", "$") }}')
{%- endmacro %}

{% macro spark__hash_of(values) -%}
    xxhash64({{ values | join(", ") }})
{%- endmacro %}

{% macro spark__sum_of_hashes(values) -%}
    sum(cast(xxhash64({{ values | join(", ") }}) as decimal(20, 0)))
{%- endmacro %}

{% macro spark__different_over(expression, window) -%}
    size(collect_set({{ expression }}) over {{ window }})
{%- endmacro %}

{# Seen by the adapter: scripts/dbt/adapters/pointwisespark/shared_ctes.py. #}
{% macro spark__not_stored() -%}
    /* not stored */
{%- endmacro %}

{% macro spark__rounded_quotient(number, divisor) -%}
    {%- set quotient -%}
        (cast({{ number }} as decimal(37, 0)) + {{ divisor // 2 }}) / {{ divisor }}
    {%- endset -%}
    if({{ quotient }} < 0, ceil({{ quotient }}), floor({{ quotient }}))
{%- endmacro %}

{% macro spark__as_json(columns) -%}
    {%- set texts = {} -%}
    {%- for name in columns -%}
        {%- do texts.update({name: "cast(" ~ (columns[name] if columns[name] is string else name) ~ " as string)"}) -%}
    {%- endfor -%}
    to_json({{ struct_of(texts) }}, map('ignoreNullFields', 'false'))
{%- endmacro %}

{# Always as text: the rows of other files are added to the same table. #}
{% macro spark__raw_value(value, is_only) -%}
    case
        when typeof({{ value }}) in ('double', 'float')
            then {{ spark__text_of_double("try_cast(cast(" ~ value ~ " as string) as double)") }}
        when typeof({{ value }}) = 'binary' then {{ spark__text_of_bytes(value) }}
        -- Small decimals would be 1E-9.
        when cast({{ value }} as string) like '%E-%' and typeof({{ value }}) like 'decimal%'
            then format_number(
                try_cast(cast({{ value }} as string) as decimal(38, 28)),
                cast(regexp_extract(typeof({{ value }}), ',([0-9]+)', 1) as integer)
            )
        when typeof({{ value }}) = 'timestamp' then concat(cast({{ value }} as string), '+00')
        else cast({{ value }} as string)
    end
{%- endmacro %}

{# Bytes as DuckDB writes them: what is no plain character, and quotes, in hexadecimal. #}
{% macro spark__text_of_bytes(bytes) -%}
    array_join(transform(
        regexp_extract_all(hex(cast({{ bytes }} as string)), '..', 0),
        byte -> if(
            byte between '20' and '7E' and byte not in ('22', '27', '5C'),
            chr(cast(conv(byte, 16, 10) as bigint)), concat('\\x', byte)
        )
    ), '')
{%- endmacro %}

{% macro spark__nth_least(columns, n) -%}
    {%- set values = {} -%}
    {%- for column in columns %}{% do values.update({column.split(".")[-1]: column}) %}{% endfor -%}
    {%- if n != "1" %}{{ exceptions.raise_compiler_error("spark__nth_least gives the least row only") }}{% endif -%}
    min({{ struct_of(values) }})
{%- endmacro %}

{% macro spark__ordered_text(expression, order_by, separator) -%}
    listagg({{ expression }}, '{{ separator }}') within group (order by {{ order_by }})
{%- endmacro %}

{% macro spark__whole_numbers(limit) -%}
    select cast(id as integer) as number from range({{ limit }})
{%- endmacro %}

{% macro spark__raise_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}

{# The adapter calls Python in the process that runs dbt: scripts/dbt/adapters. #}
{% macro spark__answer_of_python(name, arguments) -%}
    {{ return(adapter.call_python(name, arguments)) }}
{%- endmacro %}

{% macro spark__panel_rows(asked, types) %}
    {{ spark__rows(call_python("panel_rows", asked) or [], types) }}
    {{ "where false" if flags.EMPTY }}
{% endmacro %}

{% macro spark__rows_from_python(name, relations, columns, settings) -%}
    select
        inline(from_json(
            answer, 'struct<value: array<struct<
                {%- for column, type in columns.items() %}`{{ column }}`: {{ type }}{{ ", " if not loop.last }}{% endfor -%}
            >>>'
        ).value)
    from (
        select
            transform(question) using {{ sql_text(adapter.python_of_executors() ~ " -m pointwise.sql_functions " ~ name) }}
                as (answer string)
        from (
            select to_json({{ "named_struct(" }}
                {%- for relation in relations %}
                '{{ relation }}', (select sort_array(collect_list(struct({{ relation }}.*))) from {{ relation }})
                {{- "," if settings or not loop.last }}
                {%- endfor %}
                {%- for setting in settings %}
                '{{ setting }}', {{ sql_text(var(setting)) }}{{ "," if not loop.last }}
                {%- endfor %}
            ), map('ignoreNullFields', 'false')) as question
        ) as asked
    ) as answered
{%- endmacro %}

{# No transaction holds both: the list is written last, so that a model that was ended
   between the two is computed again. #}
{% macro spark__write_loaded(inputs) %}
    {% do run_query("drop table if exists " ~ loaded_relation()) %}
    create table {{ loaded_relation() }} using parquet
    tblproperties ('events_version' = '{{ events_version() }}') as select * from {{ inputs }}
{% endmacro %}

{# A row without anything but what was touched is in no inputs: it is touched until the
   list is written, whatever the inputs are by then. #}
{% macro spark__keep_touched(inputs, column) %}
    {% if load_relation(loaded_relation()) %}
        {% do run_query(
            "insert into " ~ loaded_relation() ~ " (" ~ column ~ ") "
            ~ touched_inputs(inputs, column)
        ) %}
    {% endif %}
{% endmacro %}

{# Files of Parquet hold no deleted rows: partitions are emptied, and tables without any, or
   of which nothing stays, are written anew, under another name first: a table that is not
   there is built from nothing. Spark truncates no partitions that its catalogue lacks. #}
{% macro spark__delete_where(condition) -%}
    {%- set key = config.get("partition_by") -%}
    {%- set kept = " from " ~ this ~ " where not coalesce(" ~ condition ~ ", false)" -%}
    {%- if key and run_query("select 1" ~ kept ~ " limit 1").rows | length -%}
        {%- set nothing = [] -%}
        {%- for column in adapter.get_columns_in_relation(this) if column.column != key -%}
            {%- do nothing.append("cast(null as " ~ column.dtype ~ ")") -%}
        {%- endfor -%}
        {%- set found = run_query("select distinct " ~ key ~ " from " ~ this ~ " where " ~ condition) -%}
        {%- for value in found.columns[0].values() -%}
            {%- do run_query("insert overwrite table " ~ this ~ " partition (" ~ key ~ " = " ~ sql_text(value) ~ ") select " ~ nothing | join(", ") ~ " where false") -%}
        {%- endfor -%}
        select 1
    {%- else -%}
        {%- set draft = api.Relation.create(schema=this.schema, identifier=this.identifier ~ "__kept") -%}
        {%- do run_query("drop table if exists " ~ draft) -%}
        {%- do run_query("create table " ~ draft ~ " using parquet " ~ ("partitioned by (" ~ key ~ ")" if key else "") ~ " as select *" ~ kept) -%}
        {%- do run_query("drop table " ~ this) -%}
        alter table {{ draft }} rename to {{ this }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__tables_of_version() %}
    {% set tables = [] %}
    {% for table in run_query("show tables in internal like '*__loaded'").rows %}
        {% set version = run_query("show tblproperties internal." ~ table[1] ~ " ('events_version')").rows[0][1] %}
        {% if version == events_version() %}{% do tables.append(table[1]) %}{% endif %}
    {% endfor %}
    {{ return(tables) }}
{% endmacro %}

{# Contracts hold names and order of columns here; types are compared by bench/engines.py. #}
{% macro spark__get_assert_columns_equivalent(sql) %}
    {% set found = get_column_schema_from_query(get_empty_subquery_sql(sql)) | map(attribute="name") | list %}
    {% if found != model.columns.values() | map(attribute="name") | list %}
        {{ exceptions.raise_compiler_error("The columns are not those of the contract: " ~ found | join(", ")) }}
    {% endif %}
{% endmacro %}

{% macro spark__and_recorded(files, columns) -%}
    {%- for file in files -%}
        {%- set rows = "parquet.`" ~ modules.re.sub("\\[(.)\\]", "\\1", file) ~ "`" -%}
        {%- set there = run_query("select * from " ~ rows ~ " limit 0").column_names %}
        union all
        select
            {%- for column, type in columns.items() %}
            cast({{ column if column in there else "null" }} as {{ type | replace("varchar", "string") }}) as {{ column }}{{ "," if not loop.last }}
            {%- endfor %}
        from {{ rows }}
    {%- endfor -%}
{%- endmacro %}

{% macro spark__product_over(expression, window) -%}
    reduce(
        collect_list(cast({{ expression }} as double)) over {{ window }},
        cast(null as double), (so_far, next) -> coalesce(so_far, 1e0) * next
    )
{%- endmacro %}

{% macro spark__number_of_hex(text) -%}
    cast(conv({{ text }}, 16, 10) as bigint)
{%- endmacro %}

{% macro spark__nearest_whole(number) -%}
    cast(
        case typeof({{ number }})
            when 'double' then rint(cast({{ number }} as double)) else round(cast({{ number }} as decimal(28, 9)), 0)
        end as bigint
    )
{%- endmacro %}

{% macro spark__partition_column(column) %}{{ return(column) }}{% endmacro %}

{% macro spark__fingerprint(expression) -%}
    {% if execute %}{{ exceptions.raise_compiler_error("fingerprint is not there on Spark") }}{% endif %}
{%- endmacro %}

{% macro spark__read_model_file(name, columns) %}
    {% if execute %}{{ exceptions.raise_compiler_error("read_model_file is not there on Spark") }}{% endif %}
    select 1
{% endmacro %}

{% macro spark__rows_of_file(file) -%}
    {%- if not file.rows.startswith("read_parquet") -%}
        {{ exceptions.raise_compiler_error(file.file ~ ": on Spark, links are Parquet") }}
    {%- endif -%}
    parquet.`{{ spark__path(file.file) }}`
{%- endmacro %}

{% macro spark__list_type(columns) -%}
    array<struct<{{ modules.re.sub("(\\w+) (\\w+)", "\\1: \\2", columns) | replace("varchar", "string") }}>>
{%- endmacro %}

{% macro spark__text_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{# A number as DuckDB writes it: 12.0, inf, 1e+20. #}
{% macro spark__text_of_double(number) -%}
    case
        when isnan({{ number }}) then 'nan'
        when abs({{ number }}) = double('Infinity') then if({{ number }} > 0, 'inf', '-inf')
        when {{ number }} = 0 then cast({{ number }} as string)
        when abs({{ number }}) between 1e-4 and 9999999999999998e0
            then regexp_replace(
                trim(trailing '0' from cast(cast({{ number }} as decimal(38, 20)) as string)), '[.]$', '.0'
            )
        else regexp_replace(
            regexp_replace(regexp_replace(cast({{ number }} as string), '([.]0)?E([0-9])', 'e+$2'), '([.]0)?E-', 'e-'),
            'e-([0-9])\\z', 'e-0$1'
        )
    end
{%- endmacro %}

{% macro spark__quoted(expression) %}{{ return(expression | replace('"', "`")) }}{% endmacro %}

{% macro spark__view_or(kind) %}{{ return(kind) }}{% endmacro %}

{% macro spark__key_of(column) -%}
    , md5({{ column }}) as {{ column }}_key
{%- endmacro %}

{% macro spark__columns_built() %}
    {% set built = {} %}
    {% for id, node in graph.nodes.items() if id in selected_resources and node.config.partition_by %}
        {% set columns = {} %}
        {% set table = api.Relation.create(schema=node.schema, identifier=node.alias) %}
        {% for column in adapter.get_columns_in_relation(table) %}
            {% do columns.update({column.column: column.dtype}) %}
        {% endfor %}
        {% do built.update({id: columns}) %}
    {% endfor %}
    {{ return(built) }}
{% endmacro %}
