-- One row per user at the scoring date who could still earn points: the rule that would
-- raise the score most if done once more, and by how much, caps and limit considered.
-- Contributions are read for each use, other rows each time: one reading is slower.
-- So are two such models at once. depends_on: {{ ref("int_score_reasons") }}
with

scored as (select * from {{ ref("int_current_contributions") }}),

points_to_group as (select * from {{ ref("int_current_contributions") }}),

points_of_rules as (select * from {{ ref("int_current_contributions") }}),

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
        sum(points) as group_points
    from points_to_group
    where rule not like 'cap:%'
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
            askable_rules.most_points - coalesce(points_of_rules.points, 0),
            askable_rules.step_points
        ) as rule_points
    from totals
    cross join askable_rules
    left join points_of_rules
        on totals.user_id = points_of_rules.user_id
        and askable_rules.rule = points_of_rules.rule
        and points_of_rules.rule_group not in ('base', 'limit')
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
)

select
    least_losses.user_id,
    askable_rules.rule,
    askable_rules.next_step,
    cast(-least_losses.least['loss'] as integer) as gain
from least_losses
inner join askable_rules
    on least_losses.least['rule'] = askable_rules.rule
