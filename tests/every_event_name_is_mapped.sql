{{
    config(
        severity="warn",
        alias="unmapped_event_names",
        schema="internal",
        store_failures_as="view",
    )
}}

-- Every name that events have is listed in event_types.csv. Those that are not count
-- for nothing: add a row for each, to use it or to say that it is not needed.
with

ledger as (select * from {{ ref("int_event_ledger") }})

select
    source_event,
    sum(unmapped_events) as events,
    min(activity_date) as first_date,
    max(activity_date) as last_date
from ledger
where unmapped_events > 0
group by source_event
order by events desc, source_event
