-- The law of events: each line of the ledger balances, and the lines of a readable file
-- add up to the rows that the file has.
with

ledger as (select * from {{ ref("int_event_ledger") }}),

event_files as (select * from {{ ref("stg_event_files") }}),

ledger_by_file as (
    select
        file,
        sum(raw_events) as raw_events,
        count(*) filter (
            where raw_events <> used_events + duplicate_events + machine_events
            + unmapped_events + quarantined_events
            or least(used_events, duplicate_events, machine_events, unmapped_events) < 0
        ) as unbalanced_lines
    from ledger
    group by file
)

select
    coalesce(event_files.file, ledger_by_file.file) as file,
    event_files.row_count,
    ledger_by_file.raw_events,
    ledger_by_file.unbalanced_lines
from event_files
full outer join ledger_by_file
    on event_files.file = ledger_by_file.file
where
    event_files.file is null
    or ledger_by_file.file is null
    or ledger_by_file.unbalanced_lines > 0
    or (event_files.is_readable and event_files.row_count <> ledger_by_file.raw_events)
