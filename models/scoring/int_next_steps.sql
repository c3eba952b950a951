-- One row per user at the scoring date who is not held out and could still earn points:
-- the rule that would raise the score most if done once more, and by how much at most.
-- Contributions are read for each use, other rows each time: one reading is slower.
-- So are two such models at once. depends_on: {{ ref("int_score_reasons") }}
with

scores as (select * from {{ ref("int_scores") }}),

points_to_group as (select * from {{ ref("score_contributions") }}),

points_of_rules as (select * from {{ ref("score_contributions") }}),

groups as (select * from {{ ref("score_groups") }}),

rules as (select * from {{ ref("scoring_rules") }}),

group_sums as (
    select
        points_to_group.user_id,
        points_to_group.rule_group,
        sum(points_to_group.points) as points
    from points_to_group
    inner join scores
        on points_to_group.user_id = scores.user_id
        and points_to_group.as_of_date = scores.as_of_date
    where scores.is_scoring_date
    group by points_to_group.user_id, points_to_group.rule_group
),

losses as (
    select
        scores.user_id,
        rules.rule,
        rules.next_step,
        coalesce(group_sums.points, 0) as group_points,
        -- What once more brings, but no more than the rule has left.
        least(
            rules.points * greatest({{ times_in("1", "rules.per") }}, 1),
            case
                when rules.per is null then rules.points
                else coalesce(rules.max_points, groups.max_points)
            end - coalesce(points_of_rules.points, 0)
        ) as rule_points,
        scores.unlimited_score - group_points
        + least(group_points + rule_points, groups.max_points) as next_score,
        scores.score - least(greatest(next_score, 1), 100) as loss
    from scores
    cross join rules
    inner join groups
        on rules.rule_group = groups.rule_group
    left join points_of_rules
        on scores.user_id = points_of_rules.user_id
        and scores.as_of_date = points_of_rules.as_of_date
        and rules.rule = points_of_rules.rule
    left join group_sums
        on scores.user_id = group_sums.user_id
        and rules.rule_group = group_sums.rule_group
    where
        scores.is_scoring_date
        and not scores.is_held_out
        and rules.points > 0
        and trim(rules.next_step) <> ''
),

-- The least loss, below zero, is the greatest gain; then the first rule.
least_losses as (
    select
        user_id,
        {{ nth_least(["loss", "rule", "next_step"], "1") }} as least
    from losses
    where loss < 0
    group by user_id
)

select
    least_losses.user_id,
    least_losses.least['rule'] as rule,
    least_losses.least['next_step'] as next_step,
    cast(-least_losses.least['loss'] as integer) as gain
from least_losses
