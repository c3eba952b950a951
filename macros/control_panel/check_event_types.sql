{# Event types whose rows disagree on the daily limit. #}
{% macro check_event_types() %}
    {% set with_first_rows %}(
        select
            *,
            first_value(row_number) over same_type as first_row,
            coalesce(first_value(max_per_day_text) over same_type, '') as first_limit
        from event_types
        window same_type as (partition by event_type order by row_number)
    ) as event_types{% endset %}
    {{ mistakes_in(with_first_rows, "event_types", [[
        "max_per_day",
        "coalesce(max_per_day_text, '') <> first_limit",
        "'<max_per_day_text>' differs from row <first_row>, also '<event_type>'",
        "'<first_limit>', the same in all rows of an event type",
    ]]) }}
{% endmacro %}
