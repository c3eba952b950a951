-- One row per user at the scoring date who could still earn points: the rule that would
-- raise the score most if done once more, and by how much, caps and limit considered.
with

scored as (select * from {{ ref("int_current_contributions") }}),

groups as (select * from {{ ref("score_groups") }}),

rules as (select * from {{ ref("scoring_rules") }}),

askable_rules as ({{ askable_rules("rules", "groups") }}),

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

-- The gain as a loss, so that the least row is the greatest gain, then the first rule.
losses as (
    select
        user_id,
        rule,
        score - least(
            greatest(
                unlimited_score
                + least(group_points + rule_points, group_max_points)
                - least(group_points, group_max_points),
                1
            ),
            100
        ) as loss
    from open_points
    where rule_points > 0
),

least_losses as (
    select
        user_id,
        {{ nth_least(["loss", "rule"], "1") }} as least
    from losses
    where loss < 0
    group by user_id
),

steps as (
    select
        least_losses.user_id,
        least_losses.least.rule,
        cast(-least_losses.least.loss as integer) as gain
    from least_losses
)

select
    steps.user_id,
    steps.rule,
    askable_rules.next_step,
    steps.gain
from steps
inner join askable_rules
    on steps.rule = askable_rules.rule
