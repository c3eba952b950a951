{# Whether the event types of the previous panel are others than today's; false where
   nothing is published yet. #}
{% macro event_types_changed(event_types) %}
    {% set version = this_publication().previous_weights_version %}
    {% if not execute or not version or not load_relation(event_types) %}
        {{ return(false) }}
    {% endif %}
    {% set differing = run_query(
        "with panels as (" ~ recorded_panels() ~ "),"
        ~ " previous_panel as (select * from panels where weights_version = "
        ~ sql_text(version) ~ "),"
        ~ " then_types as (" ~ panel_rows("previous_panel", "event_types") ~ "),"
        ~ " then_mapped as (select source_event, event_type, max_per_day from then_types),"
        ~ " now_mapped as (select source_event, event_type, max_per_day from "
        ~ event_types ~ "),"
        ~ " differing as ((from then_mapped except from now_mapped)"
        ~ " union all (from now_mapped except from then_mapped))"
        ~ " select count(*) from differing where exists (from then_mapped)"
    ) %}
    {{ return(differing.columns[0].values()[0] > 0) }}
{% endmacro %}

{# Query for the versions of the control panel that were published. #}
{% macro recorded_panels() %}
    {{ return(recorded("panels", {
        "weights_version": "varchar",
        "panel_file": "varchar",
        "line_key": "varchar",
        "line": "varchar",
    })) }}
{% endmacro %}

{# Usable events with the type that these event types give them. #}
{% macro events_of_types(usable_events, event_types) %}
    select
        {% for column in [
            "event_id", "id_hash", "user_id", "occurred_at", "activity_date",
            "source_event", "received_at", "session_id", "duration_seconds", "amount",
            "file", "file_row",
        ] %}
            usable_events.{{ column }},
        {% endfor %}
        event_types.event_type
    from {{ usable_events }} as usable_events
    inner join {{ event_types }} as event_types
        on usable_events.source_event = event_types.source_event
{% endmacro %}
