-- How all users are scored, as sections of lines: users by band and by score, points
-- by group and by rule, and what group caps took away and the limit changed:
-- from explain_scores();
{{ config(materialized="table_function", parameters=[]) }}

with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

score_groups as (select * from {{ ref("score_groups") }}),

scoring_rules as (select * from {{ ref("scoring_rules") }}),

score_bands as (select * from {{ ref("score_bands") }}),

all_users as (select count(*) as users from user_scores),

current_contributions as (
    select contributions.*
    from contributions
    inner join user_scores
        on contributions.user_id = user_scores.user_id
        and contributions.as_of_date = user_scores.as_of_date
),

sections as (
    select
        1 as section_number,
        'users by band' as section,
        -score_bands.min_score as line,
        concat(
            score_bands.band, ', from ', cast(score_bands.min_score as varchar)
        ) as item,
        count(user_scores.user_id) as users,
        sum(user_scores.score) as points
    from score_bands
    left join user_scores
        on score_bands.band = user_scores.band
    group by score_bands.band, score_bands.min_score
    union all
    select
        2 as section_number,
        'users by score' as section,
        cast(floor((score - 1) / 10.0) as integer) as line,
        concat(
            cast(min(cast(floor((score - 1) / 10.0) as integer) * 10 + 1) as varchar),
            ' to ',
            cast(min(cast(floor((score - 1) / 10.0) as integer) * 10 + 10) as varchar)
        ) as item,
        count(*) as users,
        sum(score) as points
    from user_scores
    group by cast(floor((score - 1) / 10.0) as integer)
    union all
    select
        3 as section_number,
        'points by group' as section,
        -sum(current_contributions.points) as line,
        coalesce(score_groups.label, current_contributions.rule_group) as item,
        count(distinct current_contributions.user_id) as users,
        sum(current_contributions.points) as points
    from current_contributions
    left join score_groups
        on current_contributions.rule_group = score_groups.rule_group
    group by coalesce(score_groups.label, current_contributions.rule_group)
    union all
    select
        4 as section_number,
        'points by rule' as section,
        -coalesce(sum(current_contributions.points), 0) as line,
        scoring_rules.rule as item,
        count(current_contributions.user_id) as users,
        coalesce(sum(current_contributions.points), 0) as points
    from scoring_rules
    left join current_contributions
        on scoring_rules.rule = current_contributions.rule
    group by scoring_rules.rule
    union all
    select
        5 as section_number,
        'caps and limit' as section,
        sum(points) as line,
        rule as item,
        count(*) as users,
        sum(points) as points
    from current_contributions
    where rule = 'limit' or rule like 'cap:%'
    group by rule
)

select
    sections.section,
    sections.item,
    sections.users,
    cast(100.0 * sections.users / all_users.users as decimal(5, 1)) as percent_of_users,
    cast(sections.points as bigint) as points
from sections
cross join all_users
order by sections.section_number, sections.line, sections.item
