{{ config(materialized="table", meta={"published_order": "section, item"}) }}

-- One row per section and item of what a reader should know about the data: what became
-- of the rows, why rows were quarantined, what machines did, who is left out, which files
-- could be read, and how recent the events of each type are.
with

ledger as (select * from {{ ref("int_event_ledger") }}),

quarantined as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

machines as (select * from {{ ref("int_machine_events") }}),

excluded as (select * from {{ ref("excluded_users") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

items as (
    {% set outcomes = {
        "used": "used",
        "duplicate": "copy of an event that is counted",
        "machine": "of a machine",
        "unmapped": "name not in event_types.csv",
        "quarantined": "quarantined",
    } -%}
    {% for outcome, item in outcomes.items() %}
        select
            'rows' as section,
            '{{ item }}' as item,
            coalesce(sum({{ outcome }}_events), 0) as quantity,
            cast(null as date) as latest_date
        from ledger
        union all
    {% endfor %}
    {% set items = {"quarantined": "quarantine_reason", "excluded": "reason"} -%}
    {% for section, item in items.items() %}
        select
            '{{ section }}' as section,
            {{ item }} as item,
            count(*) as quantity,
            cast(null as date) as latest_date
        from {{ section }}
        group by {{ item }}
        union all
    {% endfor %}
    select
        'machines' as section,
        rule as item,
        count(*) as quantity,
        max(activity_date) as latest_date
    from machines
    group by rule
    union all
    select
        'files' as section,
        case when is_readable then 'read' else 'could not be read' end as item,
        count(*) as quantity,
        cast(null as date) as latest_date
    from event_files
    group by is_readable
    union all
    select
        'event types' as section,
        event_type as item,
        sum(events) as quantity,
        max(activity_date) as latest_date
    from activity
    where event_type <> '*'
    group by event_type
)

select
    section,
    item,
    cast(quantity as bigint) as quantity,
    latest_date
from items
