{# A unit test asks for the types of the columns without a temporary table, which dbt
   makes and drops for each: 30 ms a test. #}
{% materialization unit, adapter="duckdb" %}
    {% set types = {} %}
    {% set quoted = {} %}
    {% for column in adapter.get_column_schema_from_query(sql) %}
        {% do types.update({column.name | lower: column.data_type}) %}
        {% do quoted.update({column.name | lower: column.quoted}) %}
    {% endfor %}
    {% set expected = config.get("expected_rows") %}
    {% set compared = expected[0].keys() if expected else types.keys() %}
    {% set names = [] %}
    {% for name in compared %}{% do names.append(quoted[name | lower]) %}{% endfor %}
    {% set expected_sql = config.get("expected_sql") or get_expected_sql(expected, types, quoted) %}
    {% call statement("main", fetch_result=True) %}
        {{ get_unit_test_sql(sql, expected_sql, names) }}
    {% endcall %}
    {{ return({"relations": []}) }}
{% endmaterialization %}
