{# One Parquet file a mart, in the order of a unique key: the same content is the same
   bytes. DuckDB writes aside and renames, so that readers see the old file or the new. #}
{% macro copy_mart(folder, node) %}
    copy (
        select * from {{ api.Relation.create(
            database=node.database, schema=node.schema, identifier=node.alias
        ) }}
        order by {{ node.config.meta.published_order }}
    ) to {{ sql_text(folder ~ "/" ~ node.name ~ ".parquet") }} (format parquet, compression zstd)
{% endmacro %}

{# What was published, in a row. It is written first, and in this form, because only a
   partitioned COPY creates the folder. #}
{% macro copy_publication(folder) %}
    copy (
        select
            max(as_of_date) as as_of_date,
            max(weights_version) as weights_version,
            count(*) as users
        from {{ mart("user_scores") }}
    ) to {{ sql_text(folder) }} (
        format parquet, per_thread_output true, overwrite_or_ignore true,
        filename_pattern 'publication_{i}'
    )
{% endmacro %}

{# The best thousand as a list for a spreadsheet. #}
{% macro copy_top_users(folder, user_scores) %}
    copy (
        select
            rank,
            {{ spreadsheet_safe("user_id") }} as user_id,
            score,
            {% for column in ["band", "reason_1", "reason_2", "reason_3", "action", "next_step"] %}
                {{ spreadsheet_safe(column) }} as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ user_scores }}
        where not is_customer
        order by rank
        limit 1000
    ) to {{ sql_text(folder ~ "/top_users.csv") }} (format csv, header true)
{% endmacro %}

{# Who came into the top band with this build, for a CRM: all of them, and only them. #}
{% macro copy_top_band_entries(folder, top_band_entries) %}
    copy (
        select
            entry_id,
            as_of_date,
            score,
            previous_score,
            {% for column in [
                "user_id", "band", "previous_band", "reason_1", "reason_2", "reason_3",
                "action", "next_step",
            ] %}
                {{ spreadsheet_safe(column) }} as {{ column }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ top_band_entries }} as entries
        order by score desc, entries.user_id
    ) to {{ sql_text(folder ~ "/top_band_entries.csv") }} (format csv, header true)
{% endmacro %}

{# The manifest of this build, kept for what-if: dbt overwrites the one in its target. #}
{% macro copy_manifest(folder) %}
    copy (
        select content
        from read_blob({{ sql_text(
            (invocation_args_dict.target_path or (invocation_args_dict.project_dir ~ "/target"))
            ~ "/manifest.json"
        ) }})
    ) to {{ sql_text(folder ~ "/manifest.json") }} (format blob)
{% endmacro %}

{# A text that a spreadsheet will not run as a formula. #}
{% macro spreadsheet_safe(column) -%}
    case
        when regexp_matches({{ column }}, '^[\s]*[=+\-@\t\r]') then '''' || {{ column }}
        else {{ column }}
    end
{%- endmacro %}

{# A mart of this build, without making the caller depend on it. #}
{% macro mart(name) %}
    {{ return(api.Relation.create(
        database=target.database, schema=target.schema, identifier=name
    )) }}
{% endmacro %}
