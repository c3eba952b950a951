{{
    config(
        severity="warn",
        alias="unmapped_event_names",
        schema="internal",
        store_failures_as="view",
    )
}}

-- Every name that events have is listed in event_types.csv. Those that are not count
-- for nothing: add a row for each, to use it or to say that it is not needed. Names after
-- which bot_rules.csv measures seconds have their use.
with

ledger as (select * from {{ ref("int_event_ledger") }}),

bot_rules as (select * from {{ ref("bot_rules") }})

select
    ledger.source_event,
    sum(ledger.unmapped_events) as events,
    min(ledger.activity_date) as first_date,
    max(ledger.activity_date) as last_date
from ledger
left join bot_rules
    on ledger.source_event = bot_rules.after_event
where ledger.unmapped_events > 0 and bot_rules.rule is null
group by ledger.source_event
order by events desc, ledger.source_event
