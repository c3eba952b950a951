-- One row per event id that comes back on another day, of the same user and event
-- name. Copies are found within a day: these count again. Of more than a million rows
-- only one id in sixteen is looked at, a fixed sample by hash: ids used twice by
-- mistake are many, and comparing all of them is slow.
{{ config(materialized="view") }}

with

event_rows as (select * from {{ ref("base_events") }}),

sampled_rows as (
    select
        event_id,
        user_id,
        source_event,
        activity_date
    from event_rows
    where
        has_event_id
        and occurred_at between timestamp '2000-01-01' and timestamp '2100-01-01'
        and {{ is_in_sample(
            "event_id", ref("stg_event_files"), above=1000000, rows="sum(row_count)"
        ) }}
)

select
    event_id,
    user_id,
    source_event,
    count(*) as event_rows,
    min(activity_date) as first_date,
    max(activity_date) as last_date
from sampled_rows
group by event_id, user_id, source_event
having min(activity_date) <> max(activity_date)
