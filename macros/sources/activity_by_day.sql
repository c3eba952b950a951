{# The day on which an event is known: its own, or that on which the source received it,
   where it says so and that is later. #}
{% macro known_date(events) -%}
    greatest({{ events }}.activity_date, {{ events }}.received_date)
{%- endmacro %}

{# Event types by number, any type being 0, with their daily limits. Sums by number need
   less memory. #}
{% macro event_type_numbers(event_types) %}
    select
        event_type,
        cast(row_number() over (order by event_type) as smallint) as type_number,
        max(max_per_day) as max_per_day
    from {{ event_types }}
    group by event_type
    union all
    select
        '*' as event_type,
        cast(0 as smallint) as type_number,
        cast(null as integer) as max_per_day
{% endmacro %}

{# Sessions of a day and event type, from the events that count, in parts: what was known
   on the day, where `known_from_date` is NULL, and what later. Daily activity sums them
   again: count(distinct session_id) takes twice as long. #}
{% macro parts_of_sessions(used_events, type_numbers) %}
    select
        used_events.user_id,
        type_numbers.type_number,
        used_events.activity_date,
        used_events.session_id,
        used_events.known_from_date,
        bool_or(used_events.is_named) as is_named,
        count(*) as events,
        sum({{ read_as("coalesce(used_events.duration_seconds, 0)", "decimal(18, 4)", "DOUBLE") }}) as seconds,
        sum({{ read_as("coalesce(used_events.amount, 0)", "decimal(18, 4)", "DOUBLE") }}) as amount
    from {{ used_events }} as used_events
    inner join {{ type_numbers }} as type_numbers
        on used_events.event_type = type_numbers.event_type
    group by
        used_events.user_id, type_numbers.type_number, used_events.activity_date,
        used_events.session_id, used_events.known_from_date
{% endmacro %}

{# Versions of a user's days of which something was known late: from which date on, and
   until when. What was known of a day changes with the sessions of the day before. #}
{% macro versions_of_days(parts_of_sessions) %}
    select
        *,
        lead(known_from_date, 1, date '9999-12-31') over (
            partition by user_id, activity_date order by known_from_date
        ) as known_until_date
    from (
        select user_id, activity_date, {{ unnested(list_of(["activity_date", "known_from_date"])) }} as known_from_date
        from {{ parts_of_sessions }}
        where known_from_date is not null
        union
        select
            user_id,
            {{ add_days("activity_date", 1) }} as activity_date,
            {{ unnested(list_of([add_days("activity_date", 1), "known_from_date"])) }} as known_from_date
        from {{ parts_of_sessions }}
        where known_from_date > {{ add_days("activity_date", 1) }} and session_id is not null
    ) as known_dates
{% endmacro %}

{# Sessions as they were known, by version of the day; of most days there is one. #}
{% macro sessions_by_type(parts_of_sessions, versions) %}
    select
        parts.user_id, parts.type_number, parts.activity_date, parts.session_id,
        parts.activity_date as known_from_date, parts.is_named, parts.events,
        parts.seconds, parts.amount
    from {{ parts_of_sessions }} as parts
    anti join {{ versions }} as versions
        on parts.user_id = versions.user_id and parts.activity_date = versions.activity_date
    union all
    select
        parts.user_id, parts.type_number, parts.activity_date, parts.session_id,
        versions.known_from_date, bool_or(parts.is_named) as is_named,
        sum(parts.events) as events, sum(parts.seconds) as seconds, sum(parts.amount) as amount
    from {{ parts_of_sessions }} as parts
    inner join {{ versions }} as versions
        on parts.user_id = versions.user_id
        and parts.activity_date = versions.activity_date
        and coalesce(parts.known_from_date, parts.activity_date) <= versions.known_from_date
    group by
        parts.user_id, parts.type_number, parts.activity_date, parts.session_id,
        versions.known_from_date
{% endmacro %}

{# Sessions of a day; event type '*' is any event that feeds features. #}
{% macro sessions_of_any_type(sessions_by_type, type_numbers) %}
    select
        sessions.user_id,
        0 as type_number,
        sessions.activity_date,
        sessions.session_id,
        sessions.known_from_date
    from {{ sessions_by_type }} as sessions
    inner join {{ type_numbers }} as type_numbers
        on sessions.type_number = type_numbers.type_number
    where
        sessions.session_id is not null
        and {{ is_feature_event("type_numbers.event_type") }}
    group by
        sessions.user_id, sessions.activity_date, sessions.session_id,
        sessions.known_from_date
{% endmacro %}

{# Sums by day and event type, before the daily limit. Events without a session are in a
   nameless one, which is not counted. #}
{% macro days_by_type(sessions_by_type) %}
    select
        user_id,
        type_number,
        activity_date,
        known_from_date,
        bool_or(is_named) as is_named,
        sum(events) as events,
        count(session_id) as sessions,
        sum(seconds) as seconds,
        sum(amount) as amount
    from {{ sessions_by_type }}
    group by user_id, type_number, activity_date, known_from_date
{% endmacro %}

{# What counts of the types that feed features, and the sessions of any of them: to be
   summed by day, since a session of two types is one. #}
{% macro parts_of_any_type(days_by_type, sessions_by_type, type_numbers) %}
    select
        days.user_id,
        days.activity_date,
        days.known_from_date,
        days.is_named,
        least(days.events, type_numbers.max_per_day) as events,
        0 as sessions,
        days.seconds,
        days.amount
    from {{ days_by_type }} as days
    inner join {{ type_numbers }} as type_numbers on days.type_number = type_numbers.type_number
    where {{ is_feature_event("type_numbers.event_type") }}
    union all
    select
        user_id,
        activity_date,
        known_from_date,
        false as is_named,
        0 as events,
        1 as sessions,
        0 as seconds,
        0 as amount
    from ({{ sessions_of_any_type(sessions_by_type, type_numbers) }}) as sessions
{% endmacro %}

{# These sums, of any type, number 0. #}
{% macro days_of_any_type(days_by_type, sessions_by_type, type_numbers) %}
    select
        user_id,
        0 as type_number,
        activity_date,
        known_from_date,
        bool_or(is_named) as is_named,
        sum(events) as events,
        sum(sessions) as sessions,
        sum(seconds) as seconds,
        sum(amount) as amount
    from ({{ parts_of_any_type(days_by_type, sessions_by_type, type_numbers) }}) as parts
    group by user_id, activity_date, known_from_date
{% endmacro %}

{# Sessions of more than one day or id, by day. They are few, and are found by hash
   first. #}
{% macro long_sessions(sessions_by_type) %}
    select
        sessions.user_id,
        sessions.type_number,
        sessions.activity_date,
        sessions.session_id,
        sessions.known_from_date
    from {{ sessions_by_type }} as sessions
    inner join (
        select {{ hash_of("session_id") }} as session_hash
        from {{ sessions_by_type }}
        where session_id is not null
        group by {{ hash_of("session_id") }}
        having
            min(activity_date) < max(activity_date)
            or min({{ hash_of("user_id") }}) < max({{ hash_of("user_id") }})
    ) as long_hashes
        on {{ hash_of("sessions.session_id") }} = long_hashes.session_hash
{% endmacro %}

{# The days of such sessions, by event type and of any type, and whether the user was in
   the session on the day before, too, as far as that was known. #}
{% macro session_days(long_sessions, type_numbers) %}
    select
        *,
        coalesce(min(known_from_date) over (
            partition by user_id, type_number, session_id
            order by {{ days_between("date '2000-01-01'", "activity_date") }}
            range between 1 preceding and 1 preceding
        ) <= known_from_date, false) as goes_on
    from (
        select * from {{ long_sessions }}
        union all
        {{ sessions_of_any_type(long_sessions, type_numbers) }}
    ) as days
{% endmacro %}

{# Sessions that another id has, too, on the same day or one beside it, as a login in
   the middle of a visit leaves them: hashes by user, type and day, and those of them that
   go on from the user's own day before. A person with both ids had one session. #}
{% macro shared_sessions(session_days, long_sessions) %}
    select
        days.user_id,
        days.type_number,
        days.activity_date,
        days.known_from_date,
        {{ sorted_list(hash_of("days.session_id")) }} as sessions,
        {{ sorted_list(hash_of("days.session_id"), where="days.goes_on") }}
            as continued_sessions
    from {{ session_days }} as days
    where
        exists (
            select true
            from {{ long_sessions }} as others
            where days.session_id = others.session_id
                and days.user_id <> others.user_id
                and abs({{ days_between("days.activity_date", "others.activity_date") }}) <= 1
        )
    group by days.user_id, days.type_number, days.activity_date, days.known_from_date
{% endmacro %}

{# Sessions by the type and day on which they go on from the day before: a session over
   midnight is one. After a day without it, its id is another session's. #}
{% macro continued_sessions(session_days) %}
    select
        user_id,
        type_number,
        activity_date,
        known_from_date,
        cast(count(*) as integer) as sessions
    from {{ session_days }}
    where goes_on
    group by user_id, type_number, activity_date, known_from_date
{% endmacro %}

{# Daily activity from these. The daily limit of a type bounds the number of its events,
   and nothing else. #}
{% macro activity_by_day(days_of_all_types, type_numbers, continued_sessions, shared_sessions, versions) %}
    select
        days.user_id,
        type_numbers.event_type,
        days.activity_date,
        days.known_from_date,
        coalesce(versions.known_until_date, date '9999-12-31') as known_until_date,
        days.is_named,
        cast(least(days.events, type_numbers.max_per_day) as integer) as events,
        cast(greatest(days.events - type_numbers.max_per_day, 0) as integer) as events_over_limit,
        cast(days.sessions as integer) as sessions,
        coalesce(continued.sessions, 0) as continued_sessions,
        shared.sessions as shared_sessions,
        shared.continued_sessions as shared_continued_sessions,
        cast(days.seconds as decimal(28, 4)) as seconds,
        cast(days.amount as decimal(28, 4)) as amount
    from {{ days_of_all_types }} as days
    inner join {{ type_numbers }} as type_numbers
        on days.type_number = type_numbers.type_number
    left join {{ continued_sessions }} as continued
        on {{ is_same_version("days", "continued") }} and days.type_number = continued.type_number
    left join {{ shared_sessions }} as shared
        on {{ is_same_version("days", "shared") }} and days.type_number = shared.type_number
    left join {{ versions }} as versions on {{ is_same_version("days", "versions") }}
{% endmacro %}

{# Condition: two rows are of the same version of a user's day. #}
{% macro is_same_version(one, other) -%}
    {{ one }}.user_id = {{ other }}.user_id
    and {{ one }}.activity_date = {{ other }}.activity_date
    and {{ one }}.known_from_date = {{ other }}.known_from_date
{%- endmacro %}

{# Numbers the copies of an event within its day: rows of one event id and event name, of
   one user id or of all. Which one is the first depends on what they say only, never on
   the order in which they came; the file decides between equal ones. #}
{% macro copy_number(events, is_of_one_id) -%}
    row_number() over (
        partition by
            {{ events }}.activity_date, {{ events }}.event_id,
            {{ events }}.source_event{{ ", " ~ events ~ ".user_id" if is_of_one_id }}
        order by
            {{ events }}.occurred_at, {{ events }}.received_at nulls last, {{ events }}.duration_seconds nulls last,
            {{ events }}.amount nulls last, {{ events }}.session_id nulls last,
            not {{ events }}.is_named, {{ events }}.file, {{ events }}.file_row
    )
{%- endmacro %}
