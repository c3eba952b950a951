{# The rows of a unit test as one list of values, each column with the type it has in the
   input. dbt's own macro casts every cell, and asks for the types first: more than half
   of the time of a unit test. #}
{% macro get_fixture_sql(rows, column_name_to_data_types) %}
    {{ rows_as_sql(rows, this) }}
{% endmacro %}

{% macro rows_as_sql(rows, relation) %}
    {% set given = {} %}
    {% for row in rows %}{% do given.update(row) %}{% endfor %}
    {% if not given %}{{ return("select * from " ~ relation ~ " limit 0") }}{% endif %}
    select typed.* replace (
        {% for name in given %}
            cast_to_type(given.{{ name }}, typed.{{ name }}) as {{ name }}
            {{- "," if not loop.last }}
        {% endfor %}
    )
    from (values
    {% for row in rows %}
        ({% for name in given %}
            {%- set value = row[name] -%}
            {{- "null" if value is none or value is undefined else sql_text(value) }}
            {{- ", " if not loop.last }}
        {%- endfor %}){{ "," if not loop.last }}
    {% endfor %}
    ) as given ({{ given | join(", ") }})
    left join (select * from {{ relation }} limit 0) as typed on false
{% endmacro %}
