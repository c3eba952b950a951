{# When this build would be published, and what was published before it: the publication
   to score again, if one is. Nothing while dbt parses. #}
{% macro this_publication() %}
    {% set again = mapping_var("reproduced_publication") %}
    {% if again %}
        {{ return({
            "previous_published_at": again.published_at,
            "previous_as_of_date": again.as_of_date,
            "previous_weights_version": again.weights_version,
        }) }}
    {% endif %}
    {{ return(call_python("this_publication", {"settings": build_settings()}) or {}) }}
{% endmacro %}

{# A text, or NULL where there is none. #}
{% macro text_or_null(value) -%}
    cast({{ sql_text(value) if value else "null" }} as varchar)
{%- endmacro %}

{# A time from its text, or NULL where there is none. #}
{% macro timestamp_or_null(value) -%}
    cast({{ sql_text(value) if value else "null" }} as timestamp)
{%- endmacro %}

{# The type of the contributions of one score, as the record keeps them. #}
{% macro contributions_type() -%}
    struct(rule varchar, rule_group varchar, points bigint, value varchar, reason varchar)[]
{%- endmacro %}
