-- One row per row of the readable event files: columns renamed and typed, nothing
-- dropped, with the reason why it cannot be used, if any. "Later than now" is judged by
-- when the event or its file arrived, from 2000 to 2099; never by the build's clock.
-- depends_on: {{ ref("stg_event_files") }}, {{ source("raw", "events") }}
{{ config(
    materialized=view_or("incremental"), partition_by=partition_column("file_key"),
    pre_hook="{{ delete_touched(ref('stg_event_files'), 'file') }}",
    post_hook="{{ remember_loaded(ref('stg_event_files')) }}",
) }}

with

event_rows as (
    {% for plan in event_file_groups() %}
        {{ event_rows(plan) }}
        union all
    {% endfor %}
    {{ no_event_rows() }}
)

select
    file,
    file_row,
    has_event_id,
    case when has_event_id then event_id else {{ content_hash() }} end as event_id,
    case
        when has_event_id then {{ hash_of("event_id", "source_event") }}
        else {{ hash_of("user_id", "occurred_at", "source_event") }}
    end as id_hash,
    user_id,
    is_named,
    anonymous_id,
    has_both_ids,
    occurred_at,
    case
        when
            occurred_at >= timestamp '0002-01-01'
            and occurred_at < timestamp '9999-12-31'
            then {{ local_date("occurred_at") }}
    end as activity_date,
    source_event,
    received_at,
    {{ local_date(plausible_arrival("received_at")) }} as received_date,
    case when not {{ is_no_id("session_id") }} then session_id end as session_id,
    page_path,
    duration_seconds,
    amount,
    channel,
    device,
    country,
    user_agent,
    case
        when not is_somebody and (user_id is null or {{ is_blank("user_id") }})
            then 'no user_id'
        when not is_somebody then 'user_id is a placeholder'
        when length(user_id) > {{ var("max_id_length") }} then 'user_id too long'
        when unreadable_columns <> '' then concat('unreadable ', unreadable_columns)
        when unparsed <> '' then 'unreadable when imported'
        when occurred_at is null then 'no occurred_at'
        when occurred_at < cast('{{ var("earliest_event_date") }}' as timestamp)
            then 'occurred_at too early'
        when
            occurred_at >= timestamp '2100-01-01'
            or occurred_at - interval '1' day
            > coalesce(
                {{ plausible_arrival("received_at") }},
                {{ plausible_arrival("file_modified_at") }}
            )
            then 'occurred_at in the future'
        when source_event is null or {{ is_blank("source_event") }} then 'no event_type'
        when length(source_event) > {{ var("max_id_length") }}
            then 'event_type too long'
        when length(event_id) > {{ var("max_id_length") }} then 'event_id too long'
        when not duration_seconds between 0 and 1e9 then 'duration_seconds out of range'
        when not amount between -1e12 and 1e12 then 'amount out of range'
    end as quarantine_reason,
    case when quarantine_reason is not null then raw_row end as raw_row
{{ key_of("file") }}
from event_rows
