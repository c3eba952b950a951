{# How many of the ledger's events have a status. #}
{% macro events_with_status(status) -%}
    cast(
        coalesce(sum(events) filter (where event_status = '{{ status }}'), 0) as bigint
    )
{%- endmacro %}
