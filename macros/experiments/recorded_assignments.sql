{# Query in brackets for the assignments published so far: nobody ever moves. With those
   that another tool gave since, if `given` names their relation. #}
{% macro recorded_assignments(given=none) -%}
    {%- set columns = {
        "experiment": "varchar",
        "slot_number": "bigint",
        "user_id": "varchar",
        "arm": "varchar",
        "is_control": "boolean", "share": "decimal(9, 6)",
        "block_number": "bigint",
        "assigned_date": "date",
        "stratum": "varchar", "band": "varchar", "score": "integer", "terms": "varchar",
    } -%}
    ({{ recorded("assignments", columns) }}
    {%- if given %}
    union all
    select {{ columns | join(", ") }} from {{ given }}
    {%- endif -%})
{%- endmacro %}
