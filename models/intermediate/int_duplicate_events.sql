-- One row per usable event row that is a further copy of an event of the same day: it
-- has its event id, name and user id.
{{ config(materialized="view") }}

with

repeated_events as (select * from {{ ref("int_repeated_events") }})

select
    activity_date,
    file,
    file_row,
    source_event
from repeated_events
where copy_number > 1
