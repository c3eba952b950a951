-- One row per user, type and day: daily activity as the previous panel counts it.
-- If event_types.csv has changed, events of users whose points change are counted anew.
-- depends_on: {{ ref("event_types") }}
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_user_daily_activity") }}),

usable_events as (select * from {{ ref("stg_events") }}),

previous_panel as (select * from {{ ref("int_previous_panel") }}),

changed_users as (select * from {{ ref("int_changed_contributions") }}),

event_types as ({{ panel_rows("previous_panel", "event_types") }}),

events as ({{ events_of_types("usable_events", "event_types") }}),

repeated_hashes as (
    select
        activity_date,
        id_hash
    from usable_events
    group by activity_date, id_hash
    having count(*) > 1
),

copies_numbered as (
    select
        events.file,
        events.file_row,
        {{ copy_number("events") }} as copy_number
    from events
    inner join repeated_hashes
        on events.activity_date = repeated_hashes.activity_date
        and events.id_hash = repeated_hashes.id_hash
),

used as (
    select events.*
    from events
    left join copies_numbered
        on events.file = copies_numbered.file
        and events.file_row = copies_numbered.file_row
    where
        coalesce(copies_numbered.copy_number, 1) = 1
        {% if not mapping_var("reproduced_publication") %}
            and events.user_id in (select changed.user_id from changed_users as changed)
        {% endif %}
),

type_numbers as ({{ event_type_numbers("event_types") }}),

sessions_by_type as ({{ sessions_by_type("used", "type_numbers") }}),

long_sessions as ({{ long_sessions("sessions_by_type") }}),

continued_sessions as ({{ continued_sessions("long_sessions", "type_numbers") }}),

days_by_type as ({{ days_by_type("sessions_by_type") }}),

parts_of_any_type as (
    {{ parts_of_any_type("days_by_type", "sessions_by_type", "type_numbers") }}
),

days_of_all_types as ({{ days_of_all_types("days_by_type", "parts_of_any_type") }}),

counted_anew as (
    {{ activity_by_day("days_of_all_types", "type_numbers", "continued_sessions") }}
)

-- One of the two, decided while compiling: a condition that is false costs nothing.
{% set changed = event_types_changed(ref("event_types")) -%}
{% for counted, is_right in [("activity", not changed), ("counted_anew", changed)] %}
    select * from {{ counted }}
    where {{ is_right }}
    {{ "union all" if not loop.last }}
{% endfor %}
