{# Files that a path or pattern means: file, size_bytes, modified_at, and why a file is not
   read although it lies where others are. Contents are not read. #}
{% macro list_files(path) %}{{ return(adapter.dispatch("list_files")(path)) }}{% endmacro %}

{% macro default__list_files(path) %}
    select
        unnest(
            from_json(
                json_extract(pointwise_found_files({{ sql_text(tojson({"path": path})) }}), '$.value'),
                '[{"file": "VARCHAR", "size_bytes": "BIGINT", "modified_at": "VARCHAR", "reason": "VARCHAR"}]'
            ),
            recursive := true
        )
{% endmacro %}
