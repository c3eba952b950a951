{# Takes the place of dbt's var(), as its `builtins` allow. settings.yml in POINTWISE_HOME
   goes before dbt_project.yml, and `--vars` before both; unit tests see the project's. A
   setting stands in a group, and by its own name in `--vars`: core/settings.py. #}
{% macro var(name) %}
    {% if execute and env_var("POINTWISE_HOME", "") | trim and (model is not defined or model.resource_type != "unit_test") %}
        {% set settings = call_python(
            "home_settings", {"project_dir": invocation_args_dict.project_dir}
        ) %}
        {% if name in settings %}{{ return(settings[name]) }}{% endif %}
    {% endif %}
    {% set group = group_of_setting(name) %}
    {% if group %}
        {% set given = builtins.var(group, none) %}
        {{ return(builtins.var(name, given.get(name) if given is mapping else none)) }}
    {% endif %}
    {{ return(builtins.var(name, *varargs, **kwargs)) }}
{% endmacro %}

{# The group of dbt_project.yml in which a setting stands; None if it stands alone. #}
{% macro group_of_setting(name) %}
    {% set groups = {
        "quarantine": ["earliest_event_date", "max_id_length", "max_ids_per_person", "placeholder_ids"],
        "evaluation": [
            "snapshot_every_days", "snapshot_count", "snapshot_dates", "learned_until",
            "snapshot_max_users", "leak_auc", "top_band_min_share", "top_band_max_share",
        ],
        "experiments": [
            "experiment_tuning_users", "holdout_share", "holdout_since", "contact_event_types",
            "hand_raise_event_types",
        ],
        "propensity": [
            "use_propensity_model", "propensity_explained_users", "disagreement_users",
        ],
    } %}
    {% for group, names in groups.items() if name in names %}{{ return(group) }}{% endfor %}
{% endmacro %}
