{# Canonical event columns and their types. The optional ones may be missing from
   the files: they are then NULL. An import names in `unparsed` what it could not read. #}
{% macro required_event_columns() %}
    {{ return({"user_id": "varchar", "occurred_at": "timestamp", "event_type": "varchar"}) }}
{% endmacro %}

{% macro optional_event_columns() %}
    {{ return({
        "event_id": "varchar",
        "received_at": "timestamp",
        "session_id": "varchar",
        "page_path": "varchar",
        "duration_seconds": "double",
        "amount": "double",
        "channel": "varchar",
        "device": "varchar",
        "country": "varchar",
        "unparsed": "varchar",
    }) }}
{% endmacro %}

{# The optional columns that are read under their own name: those that are mapped need
   not be there. #}
{% macro unmapped_optional_columns() %}
    {% set columns = {} %}
    {% for column, type in optional_event_columns().items()
        if column not in mapping_var("event_columns") %}
        {% do columns.update({column: type}) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{# The expressions that every event file must be able to answer. #}
{% macro required_source_expressions() %}
    {% set expressions = [] %}
    {% for column, type in required_event_columns().items() %}
        {% do expressions.append(event_column(column, type)) %}
    {% endfor %}
    {{ return(expressions) }}
{% endmacro %}
