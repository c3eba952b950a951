{# SQL for the points that a rule gives for what is done once. #}
{% macro points_of_once() -%}
    rules.points * case
        when rules.per is null then 1 else greatest({{ times_in("1", "rules.per") }}, 1)
    end
{%- endmacro %}

{# Query for the steps that one user may be asked for: rules with a next step that give
   nothing yet, and no less than any that was done; of a feature the largest. Doing more
   could end what a rule with an upper end gives: that is not asked for either. Reads the
   CTEs `rules`, `groups` and `given`. #}
{% macro open_steps() %}
    select *, row_number() over (order by once desc, rule) as number from (
        select
            rules.*,
            least({{ points_of_once() }}, coalesce(rules.max_points, 1000000)) as once,
            rules.points > 0 and trim(rules.next_step) <> '' as is_asked_for,
            given.rule is not null as is_done,
            bool_or(is_done and rules.max_value is not null)
                over (partition by rules.feature) as may_end,
            max(once) filter (where is_done and is_asked_for) over () as most_done,
            row_number() over (
                partition by rules.feature, is_asked_for and not is_done
                order by once desc, rules.rule
            ) as place
        from rules
        inner join groups
            on rules.rule_group = groups.rule_group and groups.score is null
        left join given on rules.rule = given.rule
        qualify
            is_asked_for and not is_done and not may_end
            and once >= coalesce(most_done, 0) and place = 1
    ) as open_rules
{% endmacro %}

{# Query for the sets of the 14 largest steps, each a number whose bits are its steps: how
   many they are, what they give, and the score with them. Reads the CTEs `given`,
   `groups`, `of_groups` and `steps`. #}
{% macro sets_of_steps() %}
    select
        set_number,
        sum(steps) as steps,
        sum(asked) as asked,
        cast(least(greatest(
            sum(gained) + (select sum(points) from given where rule <> 'limit'), 1
        ), 100) as integer) as score
    from (
        select
            sets.number as set_number,
            count(*) as steps,
            sum(steps.once) as asked,
            coalesce(any_value(of_groups.points), 0) as before,
            least(any_value(groups.max_points), case any_value(groups.pick_best)
                when 'yes' then greatest(before, max(steps.once)) else before + asked
            end) - before as gained
        from ({{ whole_numbers(16384) }}) as sets
        inner join steps on (sets.number >> (steps.number - 1)) % 2 = 1
        inner join groups on steps.rule_group = groups.rule_group
        left join of_groups on steps.rule_group = of_groups.rule_group
        group by sets.number, steps.rule_group
    ) as by_group
    group by set_number
{% endmacro %}
