{{ config(materialized="table", meta={"published_order": "section, item"}) }}

-- One row per section and item of what a reader should know about the data: what became
-- of the rows, why rows were quarantined, which files could be read, and how recent the
-- events of each type are.
with

ledger as (select * from {{ ref("int_event_ledger") }}),

quarantined as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

items as (
    {% set outcomes = {
        "used": "used",
        "duplicate": "copy of an event that is counted",
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
    select
        'quarantined' as section,
        quarantine_reason as item,
        count(*) as quantity,
        cast(null as date) as latest_date
    from quarantined
    group by quarantine_reason
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
