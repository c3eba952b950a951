{# Rules that a next step may ask for, with what doing it once more earns before caps. #}
{% macro askable_rules(rules, groups) %}
    select
        rules.rule,
        rules.rule_group,
        rules.next_step,
        groups.max_points as group_max_points,
        case
            when rules.per is null then rules.points
            else coalesce(rules.max_points, groups.max_points)
        end as most_points,
        rules.points * case
            when rules.per is null then 1
            else greatest({{ times_in("1", "rules.per") }}, 1)
        end as step_points
    from {{ rules }} as rules
    inner join {{ groups }} as groups
        on rules.rule_group = groups.rule_group
    where rules.points > 0 and trim(rules.next_step) <> ''
{% endmacro %}
