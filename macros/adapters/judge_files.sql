{# Files of a query `files` (file), each with how it is read, a plan in JSON, or the reason
   why it cannot be, and its rows. Pages are read here, once, so that the build meets no
   broken one later. #}
{% macro judge_files(files, columns) %}
    {{ return(adapter.dispatch("judge_files")(files, columns)) }}
{% endmacro %}

{% macro default__judge_files(files, columns) %}
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
