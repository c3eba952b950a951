{# A data test reads, so it needs no transaction of its own, which takes dbt's 3 ms a test.
   One that stores its failures is dbt's. #}
{% materialization test, adapter="duckdb" %}
    {% if should_store_failures() %}{{ return(materialization_test_default()) }}{% endif %}
    {% set found = get_limit_subquery_sql(sql, config.get("limit")) %}
    {% call statement("main", fetch_result=True, auto_begin=False) %}
        {{ get_test_sql(
            found, config.get("fail_calc"), config.get("warn_if"), config.get("error_if"), limit=none
        ) }}
    {% endcall %}
    {{ return({"relations": []}) }}
{% endmaterialization %}
