-- One row per user at the scoring date who could still earn points: the rule that would
-- raise the score most if done once more, and by how much, caps and limit considered.
with

scored as (select * from {{ ref("int_current_contributions") }}),

groups as (select * from {{ ref("score_groups") }}),

rules as (select * from {{ ref("scoring_rules") }}),

askable_rules as (
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
    from rules
    inner join groups
        on rules.rule_group = groups.rule_group
    where rules.points > 0 and trim(rules.next_step) <> ''
),

totals as (
    select
        user_id,
        sum(points) as score,
        sum(points) filter (where rule <> 'limit') as unlimited_score
    from scored
    group by user_id
),

group_sums as (
    select
        user_id,
        rule_group,
        sum(points) filter (where rule not like 'cap:%') as group_points
    from scored
    group by user_id, rule_group
),

open_points as (
    select
        totals.user_id,
        totals.score,
        totals.unlimited_score,
        askable_rules.rule,
        askable_rules.next_step,
        askable_rules.group_max_points,
        coalesce(group_sums.group_points, 0) as group_points,
        least(
            askable_rules.most_points - coalesce(scored.points, 0),
            askable_rules.step_points
        ) as rule_points
    from totals
    cross join askable_rules
    left join scored
        on totals.user_id = scored.user_id
        and askable_rules.rule = scored.rule
    left join group_sums
        on totals.user_id = group_sums.user_id
        and askable_rules.rule_group = group_sums.rule_group
),

gains as (
    select
        user_id,
        rule,
        next_step,
        least(
            greatest(
                unlimited_score
                + least(group_points + rule_points, group_max_points)
                - least(group_points, group_max_points),
                1
            ),
            100
        ) - score as gain
    from open_points
    where rule_points > 0
)

select
    user_id,
    rule,
    next_step,
    cast(gain as integer) as gain
from gains
where gain > 0
qualify row_number() over (partition by user_id order by gain desc, rule) = 1
