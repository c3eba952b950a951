{# Rules whose cells do not go together. #}
{% macro check_scoring_rules() %}
    {% set no_meaning = "has no meaning for an attribute" %}
    {{ mistakes_in("rules_on_features", "scoring_rules", [
        [
            "rule",
            "rule in ('base', 'limit') or rule like 'cap:%'",
            "'<rule>' is a reserved name",
            "another name",
        ],
        [
            "rule",
            "twin_row is not null",
            "'<rule>' has the same conditions as '<twin>' in row <twin_row>",
            "one rule a condition",
        ],
        [
            "min_value",
            "measure = 'attribute' and min_value is not null",
            "'<min_value_text>' " ~ no_meaning,
            "blank",
        ],
        [
            "max_value",
            "measure = 'attribute' and max_value is not null",
            "'<max_value_text>' " ~ no_meaning,
            "blank",
        ],
        [
            "per",
            "measure = 'attribute' and per is not null",
            "'<per_text>' " ~ no_meaning,
            "blank",
        ],
        [
            "equals",
            "measure = 'attribute' and equals is null",
            "is blank",
            "the text that the attribute must be",
        ],
        [
            "equals",
            "measure <> 'attribute' and equals is not null",
            "'<equals>' is compared with a number",
            "blank; min_value and max_value are for numbers",
        ],
        [
            "min_value",
            "min_value > max_value",
            "'<min_value_text>' is more than max_value",
            "at most <max_value_text>",
        ],
        ["per", "per <= 0", "'<per_text>' is not above 0", "a number above 0"],
        [
            "max_points",
            "max_points_text is not null and per_text is null",
            "'<max_points_text>' bounds nothing, as per is blank",
            "blank without per",
        ],
        [
            "max_points",
            "per_text is not null and (max_points = 0 or points * max_points < 0)",
            "'<max_points_text>' has another sign than points",
            "a whole number with the sign of '<points_text>'",
        ],
        [
            "reason",
            "regexp_matches(replace(reason, '{value}', ''), '[{}]')",
            "'<reason>' has curly brackets",
            "curly brackets only as {value}",
        ],
        [
            "next_step",
            "points < 0 and next_step is not null",
            "'<next_step>' would cost points",
            "blank where points are negative",
        ],
    ]) }}
    union all
    {{ mistakes_in("score_groups", "score_groups", [
        [
            "rule_group",
            "rule_group in ('base', 'limit')",
            "'<rule_group>' is a reserved name",
            "another name",
        ],
    ]) }}
{% endmacro %}
