{# Features that make no sense. #}
{% macro check_features() %}
    {% set attributes = var("user_attributes") %}
    {% set attributes = attributes if has_shape(attributes, "list") else [] %}
    {% set windows = "a whole number from 1 to " ~ var("look_back_days") %}
    {% set is_attribute = "measure = 'attribute'" %}
    {% set is_counted = "measure <> 'attribute'" %}
    {{ mistakes_in("features", "features", [
        [
            "feature",
            "feature in ('user_id', 'as_of_date', 'is_converted', 'score')",
            "'<feature>' is the name of another column",
            "another name",
        ],
        [
            "feature",
            is_attribute ~ " and not list_contains(" ~ sql_list(attributes) ~ "::varchar[], feature)",
            "'<feature>' is not in the user_attributes of dbt_project.yml",
            "for an attribute, one of " ~ attributes | join(", "),
        ],
        [
            "event_type",
            is_attribute ~ " and event_type is not null",
            "'<event_type>' has no meaning for an attribute",
            "blank",
        ],
        [
            "event_type",
            is_counted ~ " and event_type is null",
            "is blank",
            "an event type, or * for any",
        ],
        [
            "event_type",
            "event_type = " ~ sql_text("" if var("outcome_is_repeatable") else var("outcome_event_type")),
            "'<event_type>' is the outcome, which happens once",
            "another event type, or outcome_is_repeatable: true in dbt_project.yml",
        ],
        [
            "window_days",
            is_attribute ~ " and window_days_text is not null",
            "'<window_days_text>' has no meaning for an attribute",
            "blank",
        ],
        [
            "window_days",
            is_counted ~ " and window_days_text is null",
            "is blank",
            windows,
        ],
        [
            "window_days",
            "window_days > nullif(greatest(" ~ var("look_back_days") | int ~ ", 0), 0)",
            "'<window_days>' is more than the look_back_days of dbt_project.yml",
            windows,
        ],
        [
            "half_life_days",
            "measure not in ('events', 'minutes', 'amount') and half_life_days_text is not null",
            "'<half_life_days_text>' has no meaning for <measure>",
            "blank, or measure events, minutes or amount",
        ],
    ]) }}
{% endmacro %}
