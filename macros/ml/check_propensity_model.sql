{# On-run-start, where the model will be used: say how to train if there is none, and
   stop if it was trained for another outcome, or knows features that the control panel
   has not, or defines otherwise. #}
{% macro check_propensity_model() %}
    {% if not var("use_propensity_model") %}{{ return("") }}{% endif %}
    {% set trained = propensity_model() %}
    {% set file = propensity_model_file() %}
    {% if not trained %}
        {{ log("No propensity model yet: user_propensity stays empty. After this build,"
            ~ " `pointwise train` trains one.", info=true) }}
    {% elif not trained.columns %}
        {{ exceptions.raise_compiler_error(
            file ~ " is no model of `pointwise train`: delete it, or train again."
        ) }}
    {% elif outcome_of(trained) != outcome_of_vars() %}
        {{ exceptions.raise_compiler_error(
            "The model " ~ file ~ " predicts another outcome, " ~ outcome_of(trained) ~ ", than this"
            ~ " build asks for, " ~ outcome_of_vars() ~ ". Name another folder in POINTWISE_MODEL,"
            ~ " or retrain: " ~ how_to_retrain()
        ) }}
    {% elif unknown_features(trained.features) %}
        {{ exceptions.raise_compiler_error(
            "The model " ~ file ~ " was trained on other features than "
            ~ setting_path("POINTWISE_CONTROL", "seeds") ~ "/features.csv has: "
            ~ unknown_features(trained.features) | join(", ") ~ ". To retrain: " ~ how_to_retrain()
        ) }}
    {% endif %}
{% endmacro %}

{# The commands that train a model anew, without the one there is. #}
{% macro how_to_retrain() -%}
    dbt build --vars '{use_propensity_model: false}', then `pointwise train`.
{%- endmacro %}

{# An outcome in words: what happens, within how many days, once or again. #}
{% macro outcome_of(what) %}
    {{ return(
        (what.event_type or "unknown") ~ " within " ~ what.horizon_days ~ " days"
        ~ (" (repeatable)" if what.is_repeatable else "")
    ) }}
{% endmacro %}

{# The outcome that the vars of this build name. #}
{% macro outcome_of_vars() %}
    {{ return(outcome_of({
        "event_type": var("outcome_event_type"),
        "is_repeatable": var("outcome_is_repeatable"),
        "horizon_days": var("horizon_days"),
    })) }}
{% endmacro %}

{# Features of a model that the control panel lacks, or defines otherwise by now. #}
{% macro unknown_features(features) %}
    {% set panel = {} %}
    {% for row in call_python(
        "panel_features", {"project_dir": invocation_args_dict.project_dir}
    ) %}
        {% set definition = [row.event_type, row.measure, row.window_days, row.half_life_days] %}
        {% do panel.update({row.feature: definition | map("default", "", true) | map("string") | list}) %}
    {% endfor %}
    {% set unknown = [] %}
    {% for feature, definition in features.items() %}
        {% set known = definition | map("default", "", true) | map("string") | list %}
        {% if feature not in panel %}
            {% do unknown.append(feature ~ " (is gone)") %}
        {% elif panel[feature] != known %}
            {% do unknown.append(feature ~ " (means something else now)") %}
        {% endif %}
    {% endfor %}
    {{ return(unknown) }}
{% endmacro %}
