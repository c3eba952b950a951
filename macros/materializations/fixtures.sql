{# The rows of a unit test as one list of values, with one cast a column. dbt's own macro
   casts every cell, which took more than half of the time of a unit test. #}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
    {% set types = column_types("select * from " ~ this) %}
    {{ rows_as_sql(rows, types, types) }}
{% endmacro %}

{% macro rows_as_sql(rows, types, columns) %}
    {% set given = {} %}
    {% for row in rows %}{% do given.update(row) %}{% endfor %}
    {% for name in given if name not in types %}
        {{ exceptions.raise_compiler_error("A unit test gives " ~ model.name ~ " a column " ~ name) }}
    {% endfor %}
    select
        {% for name in columns %}
            cast({{ name if name in given else "null" }} as {{ types[name] }}) as {{ name }}
            {{- "," if not loop.last }}
        {% endfor %}
    {% if rows %}
        from (values
        {% for row in rows %}
            ({% for name in given %}
                {%- set value = row[name] -%}
                {{- "null" if value is none or value is undefined else sql_text(value) }}
                {{- ", " if not loop.last }}
            {%- endfor %}){{ "," if not loop.last }}
        {% endfor %}
        ) as fixture ({{ given | join(", ") }})
    {% else %}
        limit 0
    {% endif %}
{% endmacro %}

{% macro column_types(query) %}
    {% set types = {} %}
    {% for column in adapter.execute("describe " ~ query, fetch=true)[1] %}
        {% do types.update({column["column_name"]: column["column_type"]}) %}
    {% endfor %}
    {{ return(types) }}
{% endmacro %}
