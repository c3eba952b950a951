{# Files that match a glob: file, size_bytes, modified_at. Contents are not read. #}
{% macro list_files(path) %}{{ return(adapter.dispatch("list_files")(path)) }}{% endmacro %}

{% macro default__list_files(path) %}
    select
        filename as file,
        size as size_bytes,
        cast(last_modified as timestamp) as modified_at
    from read_blob('{{ path | replace("'", "''") }}')
{% endmacro %}
