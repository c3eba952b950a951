-- One row per usable event row whose event id and name are there again on its day:
-- under the same id, a copy of the event, or under another, which is a copy if both ids
-- are one person's. Copies are numbered by their content only, never by the order in
-- which they came; the file decides between copies that are the same.
--
-- To compare all events takes longer than all the rest of the build. So hashes of ids
-- come first, and only events whose hash is there twice are compared. The hashes of a
-- day are sorted: nearly each is there once, and to group them takes twice as long.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        partition_by=partition_column("activity_date"),
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

event_rows as (select * from {{ ref("base_events") }}),

events as (select * from {{ ref("stg_events") }}),

sorted_hashes as (
    select
        activity_date,
        id_hash,
        lag(id_hash) over (partition by activity_date order by id_hash) as hash_before
    from event_rows
    where {{ is_event_touched("event_rows", ref("int_event_file_days")) }}
),

repeated_hashes as (
    select
        activity_date,
        id_hash
    from sorted_hashes
    where id_hash = hash_before
    group by activity_date, id_hash
),

copies_numbered as (
    select
        events.*,
        {{ copy_number("events", is_of_one_id=true) }} as copy_number,
        {{ copy_number("events", is_of_one_id=false) }} as copy_number_of_all_ids,
        min({{ known_date("events") }}) over (
            partition by
                events.activity_date, events.event_id, events.source_event,
                events.user_id
        ) as known_date,
        count(*) over (
            partition by events.activity_date, events.event_id, events.source_event
        ) as copies
    from events
    inner join repeated_hashes
        on events.activity_date = repeated_hashes.activity_date
        and events.id_hash = repeated_hashes.id_hash
    where
        events.event_type is not null
        and {{ is_event_touched("events", ref("int_event_file_days")) }}
)

select
    activity_date,
    file,
    file_row,
    event_id,
    user_id,
    source_event,
    event_type,
    known_date,
    {{ read_as("coalesce(duration_seconds, 0)", "decimal(18, 4)", "DOUBLE") }}
        as seconds,
    {{ read_as("coalesce(amount, 0)", "decimal(18, 4)", "DOUBLE") }} as amount,
    copy_number,
    copy_number_of_all_ids
from copies_numbered
where copies > 1
