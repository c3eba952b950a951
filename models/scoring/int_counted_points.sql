-- One row per user, as-of date and rule that applies, with its score and the points
-- that count before group caps. Where a group picks its best rule, others have 0, and a
-- note says why; where a verdict took points back, that is a row. A view, as the points
-- are: where no group picks, that join is free.
{{ config(materialized="view") }}

with

rule_points as (select * from {{ ref("int_rule_points") }}),

points_to_pick as (select * from {{ ref("int_rule_points") }}),

reset_points as (select * from {{ ref("int_reset_points") }}),

groups as (select * from {{ ref("score_groups") }}),

candidates as (
    select
        points_to_pick.user_id,
        points_to_pick.as_of_date,
        points_to_pick.rule_group,
        groups.label,
        points_to_pick.points <= 0 as is_penalty,
        -abs(points_to_pick.points) as weight,
        points_to_pick.rule
    from points_to_pick
    inner join groups
        on points_to_pick.rule_group = groups.rule_group
        and groups.pick_best = 'yes'
),

best_rules as (
    select
        user_id,
        as_of_date,
        rule_group,
        max(label) as label,
        {{ nth_least(["is_penalty", "weight", "rule"], "1") }} as best
    from candidates
    group by user_id, as_of_date, rule_group
)

select
    rule_points.user_id,
    rule_points.as_of_date,
    coalesce(groups.score, 'intent') as score_name,
    rule_points.rule,
    rule_points.rule_group,
    groups.label,
    groups.max_points,
    case
        when rule_points.rule <> best_rules.best['rule'] then 0 else rule_points.points
    end as points,
    rule_points.value,
    rule_points.reason,
    case
        when rule_points.rule <> best_rules.best['rule'] and rule_points.points <> 0
            then concat_ws('', ' (', best_rules.label, ': only the best counts)')
    end as note
from rule_points
inner join groups
    on rule_points.rule_group = groups.rule_group
left join best_rules
    on rule_points.user_id = best_rules.user_id
    and rule_points.as_of_date = best_rules.as_of_date
    and rule_points.rule_group = best_rules.rule_group
union all
select
    user_id,
    as_of_date,
    score_name,
    rule,
    rule_group,
    label,
    max_points,
    points,
    value,
    reason,
    note
from reset_points
