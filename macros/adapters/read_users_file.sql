{# All rows of the users file, columns as they are there; columns it lacks are added,
   empty. No rows where there is no such file: profile attributes are optional. #}
{% macro read_users_file() %}{{- return(adapter.dispatch("read_users_file")()) -}}{% endmacro %}

{% macro default__read_users_file() %}
    {% set path = setting_path("POINTWISE_USERS", "data/raw/users.parquet") %}
    {% set files = run_query("select file from glob(" ~ sql_text(path) ~ ")") if execute %}
    select
        {% for attribute in list_var("user_attributes") %}
            cast(null as varchar) as {{ attribute }},
        {% endfor %}
        {% if not files or files.rows | length == 0 %}
            cast(null as varchar) as {{ source_column("user_columns", "user_id") }},
        {% endif %}
        cast(null as date) as valid_from
    where false
    {% if files and files.rows | length > 0 %}
        union all by name
        select * from read_parquet({{ sql_text(path) }}, union_by_name = true)
    {% endif %}
{% endmacro %}
