-- One row per day, anonymous id and user id that came in one event, as at a login, and
-- since when that is known. Rows without one are left out of the groups: DuckDB would
-- judge ids twice to filter rows.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        partition_by=partition_column("activity_date"),
        on_schema_change="fail",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("stg_events") }})

select
    events.activity_date,
    events.anonymous_id,
    events.user_id,
    min({{ known_date("events") }}) as known_date
from events
where
    events.has_both_ids
    and {{ is_event_touched("events", ref("int_event_file_days")) }}
group by events.activity_date, events.anonymous_id, events.user_id
having count(events.anonymous_id) > 0
