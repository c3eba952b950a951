{# Canonical event columns and their types. The optional ones may be missing from
   the files: they are then NULL. `anonymous_id` does where `user_id` is missing. An import
   names in `unparsed` what it could not read. #}
{% macro required_event_columns() %}
    {{ return({"user_id": "varchar", "occurred_at": "timestamp", "event_type": "varchar"}) }}
{% endmacro %}

{% macro optional_event_columns() %}
    {{ return({
        "event_id": "varchar",
        "anonymous_id": "varchar",
        "received_at": "timestamp",
        "session_id": "varchar",
        "page_path": "varchar",
        "duration_seconds": "double",
        "amount": "double",
        "channel": "varchar",
        "device": "varchar",
        "country": "varchar",
        "user_agent": "varchar",
        "unparsed": "varchar",
    }) }}
{% endmacro %}

{# Events of a name that event_types.csv tells apart: name, column, pattern and new name,
   in the order in which they are tried. Unit tests bring a panel of their own. #}
{% macro event_conditions() %}
    {% if target.name == "unit_tests" %}{{ return([]) }}{% endif %}
    {{ return(call_python("event_conditions", {"project_dir": invocation_args_dict.project_dir}) or []) }}
{% endmacro %}

{# What is needed of each event file, and where it comes from: the columns of all events,
   and those by which event_types.csv tells them apart. #}
{% macro needed_event_columns() %}
    {% set optional = optional_event_columns() %}
    {% for condition in event_conditions() %}
        {% do optional.update({condition.column: "varchar"}) %}
    {% endfor %}
    {{ return(needed_columns("event_columns", required_event_columns(), optional)) }}
{% endmacro %}

{# The same of each users file. #}
{% macro needed_user_columns() %}
    {% set optional = {"valid_from": "timestamp", "account_id": "varchar"} %}
    {% for attribute in list_var("user_attributes") %}
        {% do optional.update({attribute: "varchar"}) %}
    {% endfor %}
    {{ return(needed_columns("user_columns", {"user_id": "varchar"}, optional)) }}
{% endmacro %}

{# Columns as scripts/pointwise/sources/reading.py wants them. #}
{% macro needed_columns(mapping, required, optional) %}
    {% set columns = [] %}
    {% for column, type in dict(required, **optional).items() %}
        {% do columns.append({
            "name": column,
            "type": type,
            "expression": mapping_var(mapping).get(column),
            "is_required": column in required,
            "or_else": "anonymous_id" if mapping == "event_columns" and column == "user_id" else none,
        }) %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}

{# The SQL expression that yields a canonical column: from the mapping, else the
   column of the same name. #}
{% macro source_column(mapping, column) -%}
    {{ mapping_var(mapping).get(column, column) }}
{%- endmacro %}

{# A canonical event column, read as a type from where the mapping says. #}
{% macro event_column(column, type, source_type="") -%}
    {{ read_as(source_column("event_columns", column), type, source_type) }}
{%- endmacro %}

{# The same for a column of the users file. #}
{% macro user_column(column, type, source_type="") -%}
    {{ read_as(source_column("user_columns", column), type, source_type) }}
{%- endmacro %}
