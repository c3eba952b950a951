{# Sessions of a day and event type, from the events that count. Daily activity sums them
   again: count(distinct session_id) takes twice as long. #}
{% macro sessions_by_type(used_events) %}
    select
        user_id,
        event_type,
        activity_date,
        session_id,
        count(*) as events,
        sum(cast(coalesce(duration_seconds, 0) as decimal(18, 4))) as seconds,
        sum(cast(coalesce(amount, 0) as decimal(18, 4))) as amount
    from {{ used_events }}
    group by user_id, event_type, activity_date, session_id
{% endmacro %}

{# Sessions of a day; event type '*' is any event that feeds features. #}
{% macro sessions_of_any_type(sessions_by_type) %}
    select
        user_id,
        '*' as event_type,
        activity_date,
        session_id,
        sum(events) as events,
        sum(seconds) as seconds,
        sum(amount) as amount
    from {{ sessions_by_type }}
    where {{ is_feature_event("event_type") }}
    group by user_id, activity_date, session_id
{% endmacro %}

{# Daily activity from sessions by type: of each event type and of any. Events without a
   session are in a nameless one, which is not counted. #}
{% macro activity_by_day(sessions_by_type) %}
    {% for sessions in [
        sessions_by_type, "(" ~ sessions_of_any_type(sessions_by_type) ~ ") as any_type"
    ] %}
        select
            user_id,
            event_type,
            activity_date,
            cast(sum(events) as integer) as events,
            cast(count(session_id) as integer) as sessions,
            cast(sum(seconds) as decimal(28, 4)) as seconds,
            cast(sum(amount) as decimal(28, 4)) as amount
        from {{ sessions }}
        group by user_id, event_type, activity_date
        {{ "union all" if not loop.last }}
    {% endfor %}
{% endmacro %}
