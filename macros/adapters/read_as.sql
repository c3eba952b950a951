{# A source expression read as a type, given its type in the source: NULL where that
   fails, or the source has no such column. What the same value is called in another file
   is no matter: 5, 5.0 and '5' are one id, and a time is a time by any unit. #}
{% macro read_as(expression, type, source_type="") %}
    {{- return(adapter.dispatch("read_as")(expression, type, source_type)) -}}
{% endmacro %}

{% macro default__read_as(expression, type, source_type) -%}
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
    {%- else -%}
        try_cast({{ expression }} as {{ type }})
    {%- endif -%}
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
