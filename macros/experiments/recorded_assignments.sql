{# Query in brackets for the assignments published so far: nobody ever moves. #}
{% macro recorded_assignments() -%}
    ({{ recorded("assignments", {
        "experiment": "varchar",
        "slot_number": "bigint",
        "user_id": "varchar",
        "arm": "varchar",
        "is_control": "boolean",
        "share": "decimal(9, 6)",
        "block_number": "bigint",
        "assigned_date": "date",
        "stratum": "varchar",
        "band": "varchar",
        "score": "integer",
        "terms": "varchar",
    }) }})
{%- endmacro %}
