-- One row per day of activity and day of arrival: how many used events came then. It
-- says what could not have been known on a day in the past. Events of which the source
-- does not say when it received them are not in it.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        pre_hook="{{ delete_touched(ref('int_event_file_days'), 'activity_date') }}",
        post_hook="{{ remember_loaded(ref('int_event_file_days')) }}",
    )
}}

with

events as (select * from {{ ref("int_event_statuses") }}),

arrivals as (
    select
        activity_date,
        {{ local_date("received_at") }} as received_date
    from events
    where
        status = 'used'
        and received_at is not null
        and {{ is_of_touched_day(ref("int_event_file_days")) }}
)

select
    activity_date,
    received_date,
    count(*) as events
from arrivals
group by activity_date, received_date
