{# The points of a rule that applies: as they are, or, with `per`, for every whole `per`
   in the value, up to max_points (down to it, where points are negative). #}
{% macro rule_points(value) -%}
    case
        when rules.per is null then rules.points
        when rules.points > 0
            then least(
                rules.points * {{ times_in(value, "rules.per") }},
                coalesce(rules.max_points, 1000000)
            )
        else greatest(
            rules.points * {{ times_in(value, "rules.per") }},
            coalesce(rules.max_points, -1000000)
        )
    end
{%- endmacro %}
