-- One row per event row that cannot be used, with the reason and what it held as JSON.
-- Rows of files that have not changed since the last build are kept as they are, and
-- files in which every row can be used are not read.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('stg_event_files'), 'file') }}",
        post_hook="{{ remember_loaded(ref('stg_event_files')) }}",
    )
}}

with

events as (select * from {{ ref("base_events") }})

select
    file,
    file_row,
    quarantine_reason,
    user_id,
    occurred_at,
    source_event,
    {{ raw_content("raw_row") }} as raw_content
from events
where
    quarantine_reason is not null
    and {{ is_touched(ref("stg_event_files"), "file") }}
    and {{ is_among(
        "file",
        ref("stg_event_counts"),
        column="file",
        where="quarantine_reason is not null",
    ) }}
