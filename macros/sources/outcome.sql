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
        {%- for contact in contact_types() %} and {{ event_type }} <> {{ sql_text(contact) }}{% endfor %}
    {%- else -%}
        {{ event_type }} in ({{ sql_values(terms.event_types) }})
    {%- endif -%}
{%- endmacro %}

{# Condition: one event of this type is the outcome, which asks for no more. #}
{% macro is_outcome(event_type) -%}
    ({{ counts_for_outcome(event_type) if outcome_terms().is_one_event else "false" }})
{%- endmacro %}

{# Condition: a number of events, of an amount, is the outcome. #}
{% macro is_enough(events, amount) -%}
    {%- set terms = outcome_terms() -%}
    ({{ events }} >= {{ terms.min_events }}
    {%- if terms.min_amount %} and {{ amount }} >= {{ terms.min_amount }}{% endif %})
{%- endmacro %}

{# The event types that say what your side did. The outcome is none of them. #}
{% macro contact_types() %}
    {% set contacts = list_var("contact_event_types") %}
    {{ return(contacts | reject("in", outcome_terms().event_types) | list) }}
{% endmacro %}

{# What core/verdicts.py says of verdicts: names, those for good, days of rest. #}
{% macro verdict_terms() %}
    {{ return(call_python("verdict_terms") or {"names": [], "for_good": [], "rest_days": 0}) }}
{% endmacro %}

{# Condition: an event of this type may feed features. A one-time outcome may not; what
   becomes one by its number or amount may. What your side does to a person is none. #}
{% macro is_feature_event(event_type) -%}
    {{ "true" if var("outcome_is_repeatable") else "not " ~ is_outcome(event_type) }}
    {#- Of a list of constants DuckDB would make a join. #}
    {%- for contact in contact_types() %} and {{ event_type }} <> {{ sql_text(contact) }}{% endfor %}
{%- endmacro %}

{# Condition on daily activity: the rows of any event, and of the types that are not in
   them. Each day on which an id is active has one, few have more. #}
{% macro is_seen_by_day(event_type) -%}
    ({{ event_type }} = '*' or not ({{ is_feature_event(event_type) }}))
{%- endmacro %}
