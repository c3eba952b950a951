{{
    config(
        severity="warn",
        alias="quarantine_reasons",
        schema="internal",
        store_failures_as="view",
    )
}}

-- At most 1 % of all rows cannot be used. If it is more: each reason, how many rows it
-- takes, and one of them.
with

quarantined as (select * from {{ ref("stg_events_quarantined") }}),

ledger as (select * from {{ ref("int_event_ledger") }}),

totals as (
    select
        sum(raw_events) as raw_events,
        sum(quarantined_events) as quarantined_events
    from ledger
)

select
    quarantined.quarantine_reason,
    count(*) as quarantined_rows,
    cast(100.0 * count(*) / max(totals.raw_events) as decimal(5, 2)) as percent_of_rows,
    min(quarantined.raw_content) as example
from totals
left join quarantined
    on true
where totals.quarantined_events > 0.01 * totals.raw_events
group by quarantined.quarantine_reason
order by quarantined_rows desc, quarantined.quarantine_reason
