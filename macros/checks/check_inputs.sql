{# On-run-start: say in one line what is missing before anything is built or tested. #}
{% macro check_inputs() %}
    {% if not execute %}{{ return("") }}{% endif %}
    {% if "model.pointwise.base_event_files" in selected_resources and flags.WHICH in ["build", "run"] %}
        {% set path = event_files_path() %}
        {% set found = run_query("select count(*) from glob(" ~ sql_text(path) ~ ")") %}
        {% if found.columns[0].values()[0] == 0 %}
            {{ exceptions.raise_compiler_error(
                "No event files at " ~ path ~ ". Make synthetic ones with `python"
                ~ " scripts/generate_events.py`, import yours with `python"
                ~ " scripts/import_events.py FILE`, or set POINTWISE_EVENTS."
            ) }}
        {% endif %}
    {% elif flags.WHICH == "test" and not load_relation(mart("user_scores")) %}
        {{ exceptions.raise_compiler_error(
            "There is nothing to test yet: run `dbt build` first."
        ) }}
    {% endif %}
{% endmacro %}
