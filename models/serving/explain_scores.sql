-- How all users are scored, in sections by score, band, rule and group.
{{ config(materialized="table_function", parameters=[]) }}

with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

score_groups as (select * from {{ ref("score_groups") }}),

rules as (select * from {{ ref("scoring_rules") }}),

score_bands as (select * from {{ ref("score_bands") }}),

given as (
    select
        * replace (regexp_replace(reason, ' on [-0-9]+:', ':') as reason),
        nullif(concat(score_name, ': '), 'intent: ') as head
    from contributions
    where as_of_date in (select user_scores.as_of_date from user_scores)
),

lines as (
    select
        'users by band' as section,
        -score_bands.min_score as place,
        concat(score_bands.band, ', from ', score_bands.min_score) as item,
        user_scores.user_id,
        user_scores.score as points
    from score_bands
    left join user_scores on score_bands.band = user_scores.band
    where score_bands.score is null
    union all
    select
        'users by score' as section,
        cast(ceil(score / 10.0) as integer) as place,
        concat(place * 10 - 9, ' to ', place * 10) as item,
        user_id,
        score as points
    from user_scores
    union all
    select
        'points by group' as section,
        0 as place,
        concat(given.head, coalesce(score_groups.label, given.reason)) as item,
        given.user_id,
        given.points
    from given
    left join score_groups on given.rule_group = score_groups.rule_group
    union all
    select
        case
            when given.rule_group in ('base', 'limit') then 'base and limit'
            when given.rule like '%:%' then 'caps and resets of groups'
            else 'points by rule'
        end as section,
        0 as place,
        concat(
            coalesce(given.head, score_groups.score || ': '),
            coalesce({{ rule_label("rules.reason", "equals") }}, given.reason)
        ) as item,
        given.user_id,
        given.points
    from given
    full join rules on given.rule = rules.rule
    left join score_groups on rules.rule_group = score_groups.rule_group
)

select
    lines.section,
    lines.item,
    count(distinct lines.user_id) as users,
    round(100.0 * count(distinct lines.user_id) / (select count(*) from user_scores), 1)
        as percent_of_users,
    cast(coalesce(sum(lines.points), 0) as bigint) as points
from lines
group by lines.section, lines.place, lines.item
order by lines.section desc, lines.place, sum(lines.points) desc, lines.item
