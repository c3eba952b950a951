-- One row per user at the scoring date who is not held out and could still earn points:
-- the rule that would raise the score most if done once more, and by how much at most.
-- Two such models at once are slower. depends_on: {{ ref("int_score_reasons") }}
with

scores as (select * from {{ ref("int_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

rule_points as (select * from {{ ref("int_rule_points") }}),

groups as (select * from {{ ref("score_groups") }}),

rules as (select * from {{ ref("scoring_rules") }}),

group_sums as (
    select
        contributions.user_id,
        contributions.rule_group,
        sum(contributions.points) as points
    from contributions
    inner join scores
        on contributions.user_id = scores.user_id
        and contributions.as_of_date = scores.as_of_date
    where scores.is_scoring_date
    group by contributions.user_id, contributions.rule_group
),

losses as (
    select
        scores.user_id,
        rules.rule,
        rules.next_step,
        coalesce(group_sums.points, 0) as in_group,
        coalesce(rule_points.points_since_reset, rule_points.points, 0) as given,
        case when groups.pick_best = 'yes' then given else in_group end as so_far,
        -- What once more brings, but no more than the rule has left.
        least(
            {{ points_of_once() }},
            coalesce(
                rules.max_points, if(rules.per is null, rules.points, groups.max_points)
            ) - given
        ) as gained,
        scores.unlimited_score - in_group
        + least(greatest(in_group, so_far + gained), groups.max_points) as next_score,
        scores.score - least(greatest(next_score, 1), 100) as loss
    from scores
    cross join rules
    inner join groups
        on rules.rule_group = groups.rule_group
    left join rule_points
        on scores.user_id = rule_points.user_id
        and scores.as_of_date = rule_points.as_of_date
        and rules.rule = rule_points.rule
    left join group_sums
        on scores.user_id = group_sums.user_id
        and rules.rule_group = group_sums.rule_group
    where
        scores.is_scoring_date
        and not scores.is_held_out
        and rules.points > 0 and groups.score is null
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
