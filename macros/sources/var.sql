{# Takes the place of dbt's var(), as its `builtins` allow: a setting stands in a group of
   dbt_project.yml, and by its own name in `--vars`. See scripts/pointwise/core/settings. #}
{% macro var(name) %}
    {% set groups = {
        "quarantine": ["earliest_event_date", "max_id_length", "placeholder_ids"],
        "evaluation": [
            "snapshot_every_days", "snapshot_count", "snapshot_dates", "snapshot_max_users",
            "leak_auc", "top_band_min_share", "top_band_max_share",
        ],
        "propensity": [
            "use_propensity_model", "propensity_explained_users", "disagreement_users",
        ],
    } %}
    {% for group, names in groups.items() if name in names %}
        {% set given = builtins.var(group, none) %}
        {{ return(builtins.var(name, given.get(name) if given is mapping else none)) }}
    {% endfor %}
    {{ return(builtins.var(name, *varargs, **kwargs)) }}
{% endmacro %}
