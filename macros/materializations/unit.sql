{# A unit test asks for the types of the columns without a temporary table, which dbt
   makes and drops for each: 30 ms a test. #}
{% materialization unit, adapter="duckdb" %}
    {% set types = column_types(sql) %}
    {% set expected = config.get("expected_rows") %}
    {% set expected_sql = config.get("expected_sql") or rows_as_sql(expected, types, expected[0] or types) %}
    {% call statement("main", fetch_result=True) %}
        {{ get_unit_test_sql(sql, expected_sql, expected[0] or types) }}
    {% endcall %}
    {{ return({"relations": []}) }}
{% endmaterialization %}
