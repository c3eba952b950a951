{# Where the event files are: a path or a glob. #}
{% macro event_files_path() -%}
    {{ setting_path("POINTWISE_EVENTS", "data/raw/events/**/*.parquet") }}
{%- endmacro %}
