{# Rules on machines that are on, by the event names that they judge. #}
{% macro machine_rules(bot_rules, event_types) %}
    select
        bot_rules.rule,
        bot_rules.kind,
        bot_rules.threshold,
        event_types.source_event
    from {{ bot_rules }} as bot_rules
    inner join {{ event_types }} as event_types
        on bot_rules.event_types is null
        or contains(
            concat('|', bot_rules.event_types, '|'), concat('|', event_types.event_type, '|')
        )
    where bot_rules.status = 'on'
{% endmacro %}

{# The columns of an event that a rule has caught. #}
{% macro caught_columns(events) -%}
    {{ events }}.file,
    {{ events }}.file_row,
    {{ events }}.user_id,
    {{ events }}.activity_date,
    {{ events }}.source_event
{%- endmacro %}

{# Days of ids, by hash, with each rule on numbers that may catch them; no other rule and
   day can. Copies and names that count for nothing are in the counts, so that no text is
   read for them. #}
{% macro suspect_days(event_rows, rules, file_days) %}
    select
        days.user_hash,
        days.activity_date,
        rules.rule
    from (
        select
            {{ hash_of(event_rows ~ ".user_id") }} as user_hash,
            {{ event_rows }}.activity_date,
            count(*) as events,
            bit_count(bit_or(1 << hour({{ event_rows }}.occurred_at))) as hours
        from {{ event_rows }}
        inner join (select distinct true as is_on from {{ rules }} where {{ is_on_numbers("kind") }}) as any_rule
            on true
        where {{ is_event_touched(event_rows, file_days) }}
        group by {{ hash_of(event_rows ~ ".user_id") }}, {{ event_rows }}.activity_date
    ) as days
    inner join {{ rules }} as rules
        on {{ is_on_numbers("rules.kind") }}
        and rules.threshold < if(rules.kind = 'hours_without_pause', days.hours, days.events)
    group by days.user_hash, days.activity_date, rules.rule
{% endmacro %}

{# Condition: a kind of rule is on how many events an id has, or for how long. #}
{% macro is_on_numbers(kind) -%}
    {{ kind }} in ('events_per_minute', 'events_per_day', 'hours_without_pause')
{%- endmacro %}

{# Events of these days by the rules that judge them: how many there are of the day and
   of the minute, and whether less than an hour has passed since the one before. #}
{% macro suspect_events(events, suspect_days, rules) %}
    select
        {{ caught_columns(events) }},
        {{ events }}.occurred_at,
        rules.rule,
        rules.kind,
        rules.threshold,
        count(*) over day_of_id as events_of_day,
        count(*) over minute_of_id as events_of_minute,
        coalesce({{ events }}.occurred_at - lag({{ events }}.occurred_at) over (
            partition by rules.rule, {{ events }}.user_id, {{ events }}.activity_date
            order by {{ events }}.occurred_at
        ) < interval '1' hour, false) as goes_on
    from {{ events }}
    inner join {{ suspect_days }} as suspect_days
        on {{ hash_of(events ~ ".user_id") }} = suspect_days.user_hash
        and {{ events }}.activity_date = suspect_days.activity_date
    inner join {{ rules }} as rules
        on suspect_days.rule = rules.rule
        and {{ events }}.source_event = rules.source_event
    window
        day_of_id as (partition by rules.rule, {{ events }}.user_id, {{ events }}.activity_date),
        minute_of_id as (partition by rules.rule, {{ events }}.user_id, date_trunc('minute', {{ events }}.occurred_at))
{% endmacro %}

{# All events of a day on which an id has more of them than a rule on numbers allows, or
   goes on for longer without a pause of an hour. #}
{% macro caught_by_number(suspect_events) %}
    select
        {{ caught_columns("suspects") }},
        suspects.rule
    from (
        select
            *,
            max(case when not goes_on then occurred_at end) over (
                partition by rule, user_id, activity_date order by occurred_at
            ) as begun_at
        from {{ suspect_events }}
    ) as suspects
    qualify
        bool_or(
            case suspects.kind
                when 'events_per_minute' then suspects.events_of_minute > suspects.threshold
                when 'events_per_day' then suspects.events_of_day > suspects.threshold
                else
                    suspects.occurred_at - suspects.begun_at
                    > suspects.threshold * interval '1' hour
            end
        ) over (partition by suspects.rule, suspects.user_id, suspects.activity_date)
{% endmacro %}

{# Different user agents, as far as a rule asks for them. #}
{% macro user_agents(events, agent_rules, file_days) %}
    select {{ events }}.user_agent
    from {{ events }}
    inner join (select distinct true as is_on from {{ agent_rules }}) as any_rule
        on true
    where
        {{ events }}.user_agent is not null
        and {{ is_event_touched(events, file_days) }}
    group by {{ events }}.user_agent
{% endmacro %}

{# Events with a machine's user agent. #}
{% macro caught_by_agent(events, machine_agents, rules) %}
    select
        {{ caught_columns(events) }},
        rules.rule
    from {{ events }}
    inner join {{ machine_agents }} as machine_agents
        on {{ events }}.user_agent = machine_agents.user_agent
    inner join {{ rules }} as rules
        on machine_agents.rule = rules.rule
        and {{ events }}.source_event = rules.source_event
    where {{ events }}.user_agent is not null
{% endmacro %}

{# Events that come within seconds of another event of their id, on the same day. That is
   an event type, or a name that the source has for it. #}
{% macro caught_by_haste(events, sendings, rules) %}
    select
        {{ caught_columns(events) }},
        rules.rule
    from {{ events }}
    inner join {{ rules }} as rules
        on {{ events }}.source_event = rules.source_event
        and rules.kind = 'seconds_after'
    inner join {{ sendings }} as sendings
        on rules.rule = sendings.rule
        and {{ events }}.user_id = sendings.user_id
        and {{ events }}.activity_date = sendings.activity_date
        and {{ events }}.occurred_at between
        sendings.sent_at and sendings.sent_at + rules.threshold * interval '1' second
{% endmacro %}

{# The events that such rules name, be they mapped or not. #}
{% macro sendings(events, bot_rules, event_types, file_days) %}
    select
        names.rule,
        {{ events }}.user_id,
        {{ events }}.activity_date,
        {{ events }}.occurred_at as sent_at
    from {{ events }}
    inner join (
        select
            bot_rules.rule,
            coalesce(event_types.source_event, bot_rules.after_event) as source_event
        from {{ bot_rules }} as bot_rules
        left join {{ event_types }} as event_types
            on bot_rules.after_event = event_types.event_type
        where bot_rules.status = 'on' and bot_rules.kind = 'seconds_after'
    ) as names
        on {{ events }}.source_event = names.source_event
    where {{ is_event_touched(events, file_days) }}
{% endmacro %}

{# Events with more different pages within a second of them than a rule allows. #}
{% macro caught_by_links(events, rules) %}
    select
        {{ caught_columns(events) }},
        rules.rule
    from {{ events }}
    inner join {{ rules }} as rules
        on {{ events }}.source_event = rules.source_event
        and rules.kind = 'links_per_second'
    window second_around as (
        partition by rules.rule, {{ events }}.user_id, {{ events }}.activity_date
        order by {{ events }}.occurred_at
        range between interval '1' second preceding and interval '1' second following
    )
    qualify
        {{ different_over(events ~ ".page_path", "second_around") }} > rules.threshold
{% endmacro %}
