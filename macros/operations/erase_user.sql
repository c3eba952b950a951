{# dbt run-operation erase_user --args '{user_id: u42}'
   Removes a user from the raw files, the warehouse and the published files. The next
   build computes the days again that the user had events on. #}
{% macro erase_user(user_id) %}
    {% set user = sql_text(user_id) %}
    {% set erased = [] %}
    {% for relation in tables_with_users() %}
        {% do run_query(erase_rows(relation, user)) %}
    {% endfor %}
    {% do run_query("checkpoint") %}
    {% set users_file = setting_path("POINTWISE_USERS", "data/raw/users.parquet") %}
    {% do erased.extend(erase_from_files(event_files_path(), event_column("user_id", "varchar"), user)) %}
    {% do erased.extend(erase_from_files(users_file, user_column("user_id", "varchar"), user)) %}
    {% do erased.extend(erase_from_published_assignments(user)) %}
    {% set folder = published_folder() %}
    {% for node in published_nodes() if "user_id" in node.columns %}
        {% do erased.extend(erase_from_files(folder ~ "/" ~ node.name ~ ".parquet", "user_id", user)) %}
    {% endfor %}
    {% do rewrite_lists(folder, erased) %}
    {{ log(
        "No file has a row of " ~ user_id ~ ": nothing erased." if not erased else "Erased " ~ user_id ~ " from the warehouse and " ~ erased | length ~ " files."
        ~ " Run `dbt build` to bring everything up to date.", info=true
    ) }}
{% endmacro %}

{# Write the CSVs again whose Parquet files lost a user. #}
{% macro rewrite_lists(folder, erased) %}
    {% set scores = folder ~ "/user_scores.parquet" %}
    {% set entries = folder ~ "/top_band_entries.parquet" %}
    {% if scores in erased %}
        {% do run_query(copy_top_users(folder, "read_parquet(" ~ sql_text(scores) ~ ")")) %}
    {% endif %}
    {% if entries in erased %}
        {% do run_query(
            copy_top_band_entries(folder, "read_parquet(" ~ sql_text(entries) ~ ")")
        ) %}
    {% endif %}
{% endmacro %}

{# Every table of the warehouse that has a user_id, whatever made it. #}
{% macro tables_with_users() %}
    {% set found = run_query(
        "select '\"' || c.table_schema || '\".\"' || c.table_name || '\"'"
        ~ " from information_schema.columns as c"
        ~ " inner join information_schema.tables as t using (table_schema, table_name)"
        ~ " where c.column_name = 'user_id' and t.table_type = 'BASE TABLE' order by 1"
    ) %}
    {{ return(found.columns[0].values()) }}
{% endmacro %}

{# Rewrite the Parquet files of a glob that hold a user without that user's rows;
   returns the files. Files that cannot be read are left alone, and named. #}
{% macro erase_from_files(path, user_expression, user) %}
    {% set rewritten = [] %}
    {% set unreadable = load_relation(ref("stg_event_files")) %}
    {% set files = run_query(
        "select file from glob(" ~ sql_text(path) ~ ")"
        ~ (" where file not in (select file from " ~ unreadable ~ " where not is_readable)"
           if unreadable else "")
    ).columns[0].values() %}
    {% for file in files %}
        {% set source = "read_parquet(" ~ sql_text(file) ~ ", hive_partitioning = false)" %}
        {% set found = run_query(
            "select count(*) from " ~ source ~ " where " ~ user_expression ~ " = " ~ user
        ) %}
        {% if found.columns[0].values()[0] > 0 %}
            {% do run_query(
                "copy (select * from " ~ source ~ " where " ~ user_expression
                ~ " is distinct from " ~ user ~ ") to " ~ sql_text(file)
                ~ " (format parquet, compression zstd)"
            ) %}
            {% do rewritten.append(file) %}
        {% endif %}
    {% endfor %}
    {{ return(rewritten) }}
{% endmacro %}
