{{ config(materialized="table", meta={"published_order": "section, item"}) }}

-- One row per section and item of what a reader should know about the data: what became
-- of the rows, what was set aside and why, what is worth a look, and how recent the
-- events of each type are. Each build ends in a summary of it.
with

ledger as (select * from {{ ref("int_event_ledger") }}),

quarantined as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

profile_rows as (select * from {{ ref("base_user_rows") }}),

machines as (select * from {{ ref("int_machine_events") }}),

excluded as (select * from {{ ref("excluded_users") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

bounds as (select * from {{ ref("int_activity_bounds") }}),

repeated_ids as (select * from {{ ref("stg_repeated_event_ids") }}),

items as (
    {% for outcome, item in [
        ("used", "used"), ("duplicate", "copy of an event that is counted"),
        ("machine", "of a machine"),
        ("unmapped", "name not in event_types.csv"), ("quarantined", "quarantined"),
    ] %}
        select
            'rows' as section,
            '{{ item }}' as item,
            coalesce(sum({{ outcome }}_events), 0) as quantity,
            cast(null as date) as latest_date
        from ledger
        union all
    {% endfor %}
    {% for section, item in [
        ("quarantined", "quarantine_reason"), ("machines", "rule"), ("excluded", "reason"),
    ] %}
        select '{{ section }}', {{ item }}, count(*), null
        from {{ section }}
        group by {{ item }}
        union all
    {% endfor %}
    select 'profile rows', quarantine_reason, count(*), null
    from profile_rows
    where quarantine_reason is not null
    group by quarantine_reason
    union all
    select 'unmapped names', source_event, sum(unmapped_events), max(activity_date)
    from ledger
    where unmapped_events > 0
    group by source_event
    union all
    select 'files', if(is_readable, 'read', 'could not be read'), count(*), null
    from event_files
    group by is_readable
    union all
    select 'worth a look', 'event ids on several days', count(*), max(last_date)
    from repeated_ids
    having count(*) > 0
    union all
    select 'worth a look', 'events beyond the data', sum(events), max(activity_date)
    from activity
    where event_type <> '*' and activity_date > (select last_activity_date from bounds)
    having count(*) > 0
    union all
    select 'event types', event_type, sum(events), max(activity_date)
    from activity
    where event_type <> '*'
    group by event_type
)

select section, item, cast(quantity as bigint) as quantity, latest_date
from items
