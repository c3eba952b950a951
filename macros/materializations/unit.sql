{# A unit test without a transaction, and without a temporary table, which dbt makes and
   drops for each to know the types of the columns: 30 ms a test. #}
{% materialization unit, adapter="duckdb" %}
    {% set expected = config.get("expected_rows") %}
    {% set actual = "dbt_internal_unit_test_actual" if expected else "(" ~ sql ~ ")" %}
    {% set expected_sql = config.get("expected_sql") or rows_as_sql(expected, actual) %}
    {% call statement("main", fetch_result=True, auto_begin=False) %}
        {{ get_unit_test_sql(sql, expected_sql, expected[0] or ["*"]) }}
    {% endcall %}
    {{ return({"relations": []}) }}
{% endmaterialization %}
