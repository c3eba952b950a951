{# What the setting outcome_event_type asks for, as core/outcome.py reads it. #}
{% macro outcome_terms() %}
    {% set nothing = {
        "event_types": [], "min_events": 1, "is_one_event": true, "words": ""
    } %}
    {{ return(
        call_python("outcome_terms", {"outcome": var("outcome_event_type")}) or nothing
    ) }}
{% endmacro %}

{# Condition: events of this type count towards the outcome. #}
{% macro counts_for_outcome(event_type) -%}
    {%- set terms = outcome_terms() -%}
    {%- if not terms.event_types -%}
        false
    {%- elif terms.is_any_event -%}
        {{ event_type }} <> '*'
    {%- else -%}
        {{ event_type }} in ({{ sql_values(terms.event_types) }})
    {%- endif -%}
{%- endmacro %}

{# Condition: one event of this type is the outcome, which asks for no more. #}
{% macro is_outcome(event_type) -%}
    ({{ counts_for_outcome(event_type) if outcome_terms().is_one_event else "false" }})
{%- endmacro %}

{# Condition: so many events, of so large an amount, are the outcome. #}
{% macro is_enough(events, amount) -%}
    {%- set terms = outcome_terms() -%}
    ({{ events }} >= {{ terms.min_events }}
    {%- if terms.min_amount %} and {{ amount }} >= {{ terms.min_amount }}{% endif %})
{%- endmacro %}

{# Condition: an event of this type may feed features. A one-time outcome may not; what
   becomes one by its number or amount may. What your side does to a person is none. #}
{% macro is_feature_event(event_type) -%}
    {%- set contacts = list_var("contact_event_types") -%}
    {{ "true" if var("outcome_is_repeatable") else "not " ~ is_outcome(event_type) }}
    {%- if contacts %} and {{ event_type }} not in ({{ sql_values(contacts) }}){% endif %}
{%- endmacro %}

{# Condition on daily activity: the rows of any event, and of the types that are not in
   them. Each day on which an id is active has one, few have more. #}
{% macro is_seen_by_day(event_type) -%}
    ({{ event_type }} = '*' or not ({{ is_feature_event(event_type) }}))
{%- endmacro %}
