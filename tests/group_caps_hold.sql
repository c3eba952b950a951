-- No group adds more than its max_points, and where a cap took points away, exactly
-- max_points are left. Of a group that picks the best, one rule counts; in others no
-- rule has 0 points.
with

contributions as (select * from {{ ref("score_contributions") }}),

score_groups as (select * from {{ ref("score_groups") }}),

group_points as (
    select
        user_id,
        as_of_date,
        rule_group,
        sum(points) as points,
        sum(points) filter (where rule like 'cap:%') as cap_points,
        count(*) filter (where rule not like '%:%' and points <> 0) as counted_rules,
        count(*) filter (where points = 0) as rules_left_out
    from contributions
    where rule_group not in ('base', 'limit')
    group by user_id, as_of_date, rule_group
)

select
    group_points.user_id,
    group_points.as_of_date,
    group_points.rule_group,
    group_points.points,
    group_points.cap_points,
    group_points.counted_rules,
    group_points.rules_left_out,
    score_groups.max_points
from group_points
left join score_groups
    on group_points.rule_group = score_groups.rule_group
where
    score_groups.rule_group is null
    or group_points.points > score_groups.max_points
    or group_points.cap_points >= 0
    or (group_points.cap_points < 0 and group_points.points <> score_groups.max_points)
    or (score_groups.pick_best = 'yes' and group_points.counted_rules <> 1)
    or (score_groups.pick_best is null and group_points.rules_left_out > 0)
