{{
    config(
        severity="warn",
        alias="unreadable_event_files",
        schema="internal",
        store_failures_as="view",
    )
}}

-- Every event file can be read. Those that cannot are skipped: no row of them counts.
with

event_files as (select * from {{ ref("stg_event_files") }})

select
    file,
    row_count,
    reason
from event_files
where not is_readable
order by file
