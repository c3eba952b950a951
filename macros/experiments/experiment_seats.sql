{# Query in brackets for the seats of the arms in a block of each experiment, a row a seat. #}
{% macro experiment_seats() -%}
    (
    with experiments as (select * from {{ ref("experiments") }}),
    metrics as (select * from {{ ref("experiment_metrics") }})
    {{ rows_from_python("experiment_seats", ["experiments", "metrics"], {
        "experiment": "varchar",
        "population": "varchar",
        "opening_date": "date",
        "closing_date": "date",
        "block_size": "integer",
        "arm": "varchar",
        "seat": "varchar",
        "is_control": "boolean",
        "share": "decimal(9, 6)",
        "seats": "integer",
        "seat_number": "integer",
        "is_by_account": "boolean",
        "terms": "varchar",
    }, settings=["horizon_days", "experiment_tuning_users", "look_back_days"]) }}
    )
{%- endmacro %}
