{{ config(materialized="table", meta={"published_order": "section, item"}) }}

-- One row per section and item of what a reader should know about the data: what became
-- of the rows, what was set aside and why, what is worth a look, and how recent the
-- events of each type are. Each build ends in a summary of it.
with

ledger as (select * from {{ ref("int_event_ledger") }}),

quarantined as (select * from {{ ref("stg_events_quarantined") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

profile_rows as (select * from {{ ref("base_user_rows") }}),

links as (select * from {{ ref("stg_links") }}),

machines as (select * from {{ ref("int_machine_events") }}),

excluded as (select * from {{ ref("excluded_users") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

bounds as (select * from {{ ref("int_activity_bounds") }}),

repeated_ids as (select * from {{ ref("stg_repeated_event_ids") }}),

activity_by_type as (
    select activity.* from activity
    where activity.event_type <> '*' and {{ is_known("activity") }}
),

beyond_the_data as (
    select activity_by_type.* from activity_by_type
    inner join bounds
        on activity_by_type.activity_date > bounds.last_activity_date
),

items as (
    {% for section, item, quantity, latest_date, rows in [
        ("rows", "'used'", "coalesce(sum(used_events), 0)", "null", "ledger"),
        ("rows", "'copy of an event that is counted'", "coalesce(sum(duplicate_events), 0)", "null", "ledger"),
        ("rows", "'of a machine'", "coalesce(sum(machine_events), 0)", "null", "ledger"),
        ("rows", "'name not in event_types.csv'", "coalesce(sum(unmapped_events), 0)", "null", "ledger"),
        ("rows", "'quarantined'", "coalesce(sum(quarantined_events), 0)", "null", "ledger"),
        ("quarantined", "quarantine_reason", "count(*)", "null", "quarantined"),
        ("machines", "rule", "count(*)", "null", "machines"),
        ("excluded", "reason", "count(*)", "null", "excluded"),
        ("profile rows", "quarantine_reason", "count(*)", "null", "profile_rows where quarantine_reason is not null"),
        ("links", "quarantine_reason", "count(*)", "null", "links where quarantine_reason is not null"),
        ("unmapped names", "source_event", "sum(unmapped_events)", "max(activity_date)", "ledger where unmapped_events > 0"),
        ("files", "if(is_readable, 'read', 'could not be read')", "count(*)", "null", "event_files"),
        ("worth a look", "'event ids on several days'", "count(*)", "max(last_date)", "repeated_ids"),
        ("worth a look", "'events beyond the data'", "sum(events)", "max(activity_date)", "beyond_the_data"),
        ("event types", "event_type", "sum(events)", "max(activity_date)", "activity_by_type"),
    ] %}
        select
            '{{ section }}' as section,
            {{ item }} as item,
            {{ quantity }} as quantity,
            cast({{ latest_date }} as date) as latest_date
        from {{ rows }}
        {{ "group by " ~ item if section != "rows" }}
        {{ "union all" if not loop.last }}
    {% endfor %}
)

select
    section,
    item,
    cast(quantity as bigint) as quantity,
    latest_date
from items
