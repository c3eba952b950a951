{# When this build would be published, and what was published before it. Nothing while
   dbt parses. #}
{% macro this_publication() %}
    {{ return(call_python("this_publication", {"settings": build_settings()}) or {}) }}
{% endmacro %}

{# Query for scores as earlier publications changed them; score is NULL from when a user
   was not scored any more. Scoring models that run again outside of a build have none. #}
{% macro recorded_scores(with_record=true) %}
    {{ recorded("scores", {
        "user_id": "varchar",
        "published_at": "timestamp",
        "as_of_date": "date",
        "score": "integer",
        "band": "varchar",
        "weights_version": "varchar",
        "is_customer": "boolean",
        "contributions": contributions_type(),
        "points_fingerprint": "varchar",
        "other_contributions": contributions_type("score_name varchar, "),
    }, with_record) }}
{% endmacro %}

{# The type of the contributions of one score, as the record keeps them, or of others with
   their scores' names before. #}
{% macro contributions_type(before="") -%}
    {{ list_type(before ~ "rule varchar, rule_group varchar, points bigint, value varchar, reason varchar") }}
{%- endmacro %}

{# Query for whom earlier publications offered, by the day as of which they did. #}
{% macro recorded_worklists() %}
    {{ recorded("worklists", {
        "user_id": "varchar", "as_of_date": "date", "band": "varchar"
    }) }}
{% endmacro %}
