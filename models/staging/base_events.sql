-- One row per row of the readable event files, with the reason why it cannot be used,
-- if there is one. "Later than now" is judged against the time the event or its file
-- arrived, never against the clock of the build.
--
-- `x - x = 0` holds for every number but NaN and infinity. Statistics of Parquet files
-- leave NaN out, and DuckDB trusts them: it takes comparisons, even isnan, for settled.
{{ config(materialized="view") }}

with

event_rows as (select * from {{ ref("base_event_rows") }})

select
    file,
    file_row,
    case
        when event_id is null or {{ is_blank("event_id") }} then {{ content_hash() }}
        else event_id
    end as event_id,
    case
        when event_id is null or {{ is_blank("event_id") }}
            then hash(user_id, occurred_at, source_event)
        else hash(event_id)
    end as id_hash,
    user_id,
    occurred_at,
    {{ local_date("occurred_at") }} as activity_date,
    source_event,
    received_at,
    session_id,
    page_path,
    duration_seconds,
    amount,
    channel,
    device,
    country,
    source_row,
    case
        when user_id is null or {{ is_blank("user_id") }} then 'no user_id'
        when length(user_id) > {{ var("max_id_length") }} then 'user_id too long'
        when unreadable_columns <> '' then concat('unreadable ', unreadable_columns)
        when unparsed <> '' then 'unreadable when imported'
        when occurred_at is null then 'no occurred_at'
        when occurred_at < cast('{{ var("earliest_event_date") }}' as timestamp)
            then 'occurred_at too early'
        when
            occurred_at
            > coalesce(received_at, file_modified_at) + interval '1' day
            then 'occurred_at in the future'
        when source_event is null or {{ is_blank("source_event") }} then 'no event_type'
        when length(source_event) > {{ var("max_id_length") }}
            then 'event_type too long'
        when length(event_id) > {{ var("max_id_length") }} then 'event_id too long'
        when
            not (
                duration_seconds between 0 and 1e9
                and duration_seconds - duration_seconds = 0
            )
            then 'duration_seconds out of range'
        when not (amount between -1e12 and 1e12 and amount - amount = 0)
            then 'amount out of range'
    end as quarantine_reason
from event_rows
