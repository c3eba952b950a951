{# Event types by number, any type being 0. Sums by number need less memory. #}
{% macro event_type_numbers(event_types) %}
    select
        event_type,
        cast(row_number() over (order by event_type) as smallint) as type_number
    from {{ event_types }}
    group by event_type
    union all
    select
        '*' as event_type,
        cast(0 as smallint) as type_number
{% endmacro %}

{# Sessions of a day and event type, from the events that count. Daily activity sums
   them again: count(distinct session_id) takes twice as long. #}
{% macro sessions_by_type(used_events, type_numbers) %}
    select
        used_events.user_id,
        type_numbers.type_number,
        used_events.activity_date,
        used_events.session_id,
        count(*) as events,
        sum(cast(coalesce(used_events.duration_seconds, 0) as decimal(18, 4))) as seconds,
        sum(cast(coalesce(used_events.amount, 0) as decimal(18, 4))) as amount
    from {{ used_events }} as used_events
    inner join {{ type_numbers }} as type_numbers
        on used_events.event_type = type_numbers.event_type
    group by
        used_events.user_id, type_numbers.type_number, used_events.activity_date,
        used_events.session_id
{% endmacro %}

{# Sessions of a day; event type '*' is any event that feeds features. #}
{% macro sessions_of_any_type(sessions_by_type, type_numbers) %}
    select
        sessions.user_id,
        0 as type_number,
        sessions.activity_date,
        sessions.session_id,
        sum(sessions.events) as events,
        sum(sessions.seconds) as seconds,
        sum(sessions.amount) as amount
    from {{ sessions_by_type }} as sessions
    inner join {{ type_numbers }} as type_numbers
        on sessions.type_number = type_numbers.type_number
    where {{ is_feature_event("type_numbers.event_type") }}
    group by sessions.user_id, sessions.activity_date, sessions.session_id
{% endmacro %}

{# Sums of sessions by day. Events without a session are in a nameless one, which is not
   counted. #}
{% macro sums_by_day(sessions) %}
    select
        user_id,
        type_number,
        activity_date,
        cast(sum(events) as integer) as events,
        cast(count(session_id) as integer) as sessions,
        cast(sum(seconds) as decimal(28, 4)) as seconds,
        cast(sum(amount) as decimal(28, 4)) as amount
    from {{ sessions }}
    group by user_id, type_number, activity_date
{% endmacro %}

{# Daily activity from sessions by type: of each event type and of any. #}
{% macro activity_by_day(sessions_by_type, type_numbers) %}
    {% set any_type = sessions_of_any_type(sessions_by_type, type_numbers) %}
    select
        days.user_id,
        type_numbers.event_type,
        days.activity_date,
        days.events,
        days.sessions,
        days.seconds,
        days.amount
    from (
        {{ sums_by_day(sessions_by_type) }}
        union all
        {{ sums_by_day("(" ~ any_type ~ ") as any_type") }}
    ) as days
    inner join {{ type_numbers }} as type_numbers
        on days.type_number = type_numbers.type_number
{% endmacro %}
