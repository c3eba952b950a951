{# What each cell of the control panel may hold, in the order in which mistakes are told.
   kind: see control_panel_kinds. Cells may be blank unless required; `at_least` and
   `at_most` bound whole numbers; `one_of` lists what there is to choose from. #}
{% macro control_panel_columns() %}
    {{ return({
        "event_types": {
            "source_event": {"kind": "text", "required": true, "unique": true},
            "event_type": {"kind": "name", "required": true},
            "max_per_day": {"kind": "whole", "at_least": 1, "at_most": 100000},
            "description": {"kind": "text"},
        },
        "features": {
            "feature": {"kind": "column", "required": true, "unique": true},
            "event_type": {"kind": "text"},
            "measure": {"kind": "choice", "required": true, "one_of": [
                "events", "active_days", "sessions", "minutes", "amount",
                "days_since_last", "attribute",
            ]},
            "window_days": {"kind": "whole", "at_least": 1},
            "half_life_days": {"kind": "whole", "at_least": 1, "at_most": 3650},
            "unit": {"kind": "text"},
            "description": {"kind": "text"},
        },
        "scoring_rules": {
            "rule": {"kind": "name", "required": true, "unique": true},
            "rule_group": {"kind": "text", "required": true},
            "feature": {"kind": "text", "required": true},
            "min_value": {"kind": "number"},
            "max_value": {"kind": "number"},
            "equals": {"kind": "text"},
            "points": {"kind": "whole", "required": true, "at_least": -1000, "at_most": 1000},
            "per": {"kind": "number"},
            "max_points": {"kind": "whole", "at_least": -1000, "at_most": 1000},
            "reason": {"kind": "text", "required": true},
            "next_step": {"kind": "text"},
        },
        "score_groups": {
            "rule_group": {"kind": "name", "required": true, "unique": true},
            "max_points": {"kind": "whole", "required": true, "at_least": 0, "at_most": 1000},
            "label": {"kind": "text", "required": true},
        },
        "score_bands": {
            "band": {"kind": "text", "required": true, "unique": true},
            "min_score": {
                "kind": "whole", "required": true, "unique": true, "at_least": 1, "at_most": 100
            },
            "action": {"kind": "text", "required": true},
        },
        "experiments": control_panel_experiments(),
        "dbt_project": control_panel_settings(),
    }) }}
{% endmacro %}

{# The same for experiments.csv, which may have no row. #}
{% macro control_panel_experiments() %}
    {{ return({
        "experiment": {"kind": "name", "required": true, "unique": true},
        "status": {"kind": "choice", "required": true, "one_of": ["planned", "running", "ended"]},
        "start_date": {"kind": "date", "required": true},
        "end_date": {"kind": "date", "required": true},
        "bands": {"kind": "text"},
        "feature": {"kind": "text"},
        "min_value": {"kind": "number"},
        "max_value": {"kind": "number"},
        "equals": {"kind": "text"},
        "arms": {"kind": "arms", "required": true},
        "stratify_by": {"kind": "text"},
        "outcome_event_type": {"kind": "text", "required": true},
        "horizon_days": {"kind": "whole", "at_least": 1, "at_most": 3650},
        "minimum_effect": {"kind": "number", "required": true},
        "description": {"kind": "text"},
    }) }}
{% endmacro %}

{# The same for the vars of dbt_project.yml. A list has an entry a cell, a mapping a key. #}
{% macro control_panel_settings() %}
    {% set count = {"kind": "whole", "required": true, "at_least": 1, "at_most": 1000} %}
    {% set days = {"kind": "whole", "required": true, "at_least": 1, "at_most": 3650} %}
    {% set event_columns = required_event_columns().keys() | list + optional_event_columns().keys() | list %}
    {% set attributes = var("user_attributes") %}
    {% set user_columns = ["user_id", "valid_from"] + (attributes if has_shape(attributes, "list") else []) %}
    {{ return(dict({
        "event_columns": {"kind": "choice", "shape": "mapping", "one_of": event_columns},
        "user_columns": {"kind": "choice", "shape": "mapping", "one_of": user_columns},
        "user_attributes": {"kind": "column", "shape": "list", "unique": true},
        "time_zone": {"kind": "text", "required": true},
        "earliest_event_date": {"kind": "date", "required": true},
        "max_id_length": count,
        "placeholder_ids": {"kind": "text", "shape": "list"},
        "as_of_date": {"kind": "date"},
        "look_back_days": days,
        "outcome_event_type": {"kind": "text", "required": true},
        "outcome_is_repeatable": {"kind": "switch", "required": true, "one_of": ["true", "false"]},
    }, **control_panel_evaluation_settings())) }}
{% endmacro %}

{# Those of evaluation, experiments and the model. #}
{% macro control_panel_evaluation_settings() %}
    {% set days = {"kind": "whole", "required": true, "at_least": 1, "at_most": 3650} %}
    {% set share = {"kind": "share", "required": true} %}
    {{ return({
        "horizon_days": days,
        "snapshot_every_days": days,
        "snapshot_count": {"kind": "whole", "required": true, "at_least": 1, "at_most": 1000},
        "snapshot_dates": {"kind": "date", "shape": "list", "unique": true},
        "snapshot_max_users": {"kind": "whole", "required": true, "at_least": 1, "at_most": 10000000},
        "leak_auc": share,
        "top_band_min_share": share,
        "top_band_max_share": share,
        "backfill_dates": {"kind": "date", "shape": "list", "unique": true},
        "reproduced_publication": {"kind": "choice", "shape": "mapping", "one_of": ["published_at", "as_of_date", "weights_version"]},
        "experiment_tuning_users": {"kind": "whole", "required": true, "at_least": 2, "at_most": 10000000},
        "use_propensity_model": {"kind": "switch", "required": true, "one_of": ["true", "false"]},
        "propensity_explained_users": {"kind": "whole", "required": true, "at_least": 0, "at_most": 10000000},
        "disagreement_users": {"kind": "whole", "required": true, "at_least": 0, "at_most": 10000000},
    }) }}
{% endmacro %}

{# Kinds of cells: the pattern that a value must match, what it is not if it does not,
   and what is allowed. #}
{% macro control_panel_kinds() %}
    {% set name = {
        "pattern": "[a-z][a-z0-9_]{0,62}", "not": "is not a plain name",
        "allowed": "at most 63 small letters, digits and _, beginning with a letter",
    } %}
    {{ return({
        "text": {"pattern": "", "not": "", "allowed": "some text"},
        "choice": {"pattern": "", "not": "", "allowed": ""},
        "switch": {"pattern": "", "not": "", "allowed": ""},
        "share": {"pattern": "0([.][0-9]+)?|1", "not": "is not a share", "allowed": "a number from 0 to 1"},
        "name": name,
        "column": name,
        "whole": {
            "pattern": "-?[0-9]{1,18}",
            "not": "is not a whole number",
            "allowed": "a whole number such as 10 or -5",
        },
        "number": {
            "pattern": "-?[0-9]+([.][0-9]+)?",
            "not": "is not a number",
            "allowed": "a number such as 2 or 0.25",
        },
        "arms": {
            "pattern": "[a-z][a-z0-9_]{0,62}:SHARE([|][a-z][a-z0-9_]{0,62}:SHARE)+".replace("SHARE", "(0?[.][0-9]{1,4}|[1-9][0-9]?/[1-9][0-9]?)"),
            "not": "is not a list of arms and their shares",
            "allowed": "arms such as control:0.5|call:0.5, or with shares such as 1/3; the control first",
        },
        "date": {
            "pattern": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
            "not": "is not a date",
            "allowed": "a date such as 2026-03-31",
        },
    }) }}
{% endmacro %}

{# What is allowed in a column, in words. #}
{% macro control_panel_allowed(column) -%}
    {%- if "one_of" in column -%}
        one of {{ column["one_of"] | join(", ") }}
    {%- elif "at_most" in column -%}
        a whole number from {{ column["at_least"] }} to {{ column["at_most"] }}
    {%- elif "at_least" in column -%}
        a whole number from {{ column["at_least"] }}
    {%- else -%}
        {{ control_panel_kinds()[column["kind"]]["allowed"] }}
    {%- endif -%}
{%- endmacro %}

{# control_panel_columns as a relation. #}
{% macro control_panel_columns_as_rows() %}
    select * from (
        values
        {% for file, columns in control_panel_columns().items() %}
        {% set is_last_file = loop.last %}
        {% for name, column in columns.items() %}
        {% set kind = control_panel_kinds()[column["kind"]] %}
        (
            '{{ file }}',
            '{{ name }}',
            {{ loop.index }},
            '{{ column["kind"] }}',
            {{ column["required"] or false }},
            {{ column["unique"] or false }},
            {{ column["at_least"] if "at_least" in column else "null" }},
            {{ column["at_most"] if "at_most" in column else "null" }},
            {{ sql_list(column["one_of"]) if "one_of" in column else "null" }},
            '{{ kind["pattern"] }}',
            '{{ kind["not"] }}',
            {{ sql_text(control_panel_allowed(column)) }}
        ){{ "," if not (loop.last and is_last_file) }}
        {% endfor %}
        {% endfor %}
    ) as panel_columns (
        panel_file, column_name, column_number, kind, is_required, is_unique, at_least,
        at_most, one_of, pattern, is_not, allowed
    )
{% endmacro %}
