-- One row per user, as-of date and group of rules whose points a verdict took back, in
-- the shape of int_counted_points: what the group gives for what was done since, less
-- what it gives for all, both before its cap.
{{ config(materialized="view") }}

with

rule_points as (select * from {{ ref("int_rule_points") }}),

values_since as (select * from {{ ref("user_values_since_reset") }}),

groups as (select * from {{ ref("score_groups") }}),

resets as (
    select
        user_id,
        as_of_date,
        rule_group,
        max(reset_date) as reset_date,
        max(reset_event_type) as reset_event_type
    from values_since
    group by user_id, as_of_date, rule_group
),

given as (
    select
        {% for points in ("points", "points_since_reset") %}
            case
                when coalesce(max(groups.pick_best), 'no') <> 'yes'
                    then sum(rule_points.{{ points }})
                when max(rule_points.{{ points }}) > 0
                    then max(rule_points.{{ points }})
                else min(rule_points.{{ points }})
            end as {{ points }},
        {% endfor %}
        rule_points.user_id,
        rule_points.as_of_date,
        rule_points.rule_group
    from rule_points
    inner join groups
        on rule_points.rule_group = groups.rule_group
    where rule_points.points_since_reset is not null
    group by rule_points.user_id, rule_points.as_of_date, rule_points.rule_group
)

select
    given.user_id,
    given.as_of_date,
    coalesce(groups.score, 'intent') as score_name,
    concat('reset:', given.rule_group) as rule,
    given.rule_group,
    groups.label,
    groups.max_points,
    cast(given.points_since_reset - given.points as bigint) as points,
    cast(resets.reset_date as string) as value,
    concat(
        upper(substr(resets.reset_event_type, 1, 1)),
        replace(substr(resets.reset_event_type, 2), '_', ' '),
        ' on {value}: earlier points no longer count'
    ) as reason,
    cast(null as string) as note
from given
inner join resets
    on given.user_id = resets.user_id
    and given.as_of_date = resets.as_of_date
    and given.rule_group = resets.rule_group
inner join groups
    on given.rule_group = groups.rule_group
where given.points_since_reset <> given.points
