-- Every point of one user, largest first, then the score: from explain_user('u42');
{{ config(materialized="table_function", parameters=["wanted_user_id"]) }}

with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

score_groups as (select * from {{ ref("score_groups") }}),

asked as (select wanted_user_id as user_id),

ordered as (
    select
        contributions.points,
        contributions.reason,
        coalesce(score_groups.label, 'Every user') as part,
        row_number() over (
            order by
                case
                    when contributions.rule = 'base' then 1
                    when contributions.rule = 'limit' then 4
                    when contributions.rule like 'cap:%' then 3
                    else 2
                end,
                abs(contributions.points) desc,
                contributions.rule
        ) as line
    from contributions
    inner join asked
        on contributions.user_id = asked.user_id
    inner join user_scores
        on contributions.user_id = user_scores.user_id
        and contributions.as_of_date = user_scores.as_of_date
    left join score_groups
        on contributions.rule_group = score_groups.rule_group
),

with_total as (
    select
        line,
        points,
        cast(sum(points) over (order by line) as bigint) as score_so_far,
        reason,
        part
    from ordered
    union all
    select
        1000000 as line,
        null as points,
        user_scores.score as score_so_far,
        coalesce(
            concat('Score ', cast(user_scores.score as varchar), ', ')
            || user_scores.band
            || concat(
                '. ' || user_scores.score_meaning,
                case
                    when user_scores.is_held_out
                        then '. Held out: left alone, so that what acting adds is seen'
                end
            ),
            concat('No user ', asked.user_id, ' is scored: try from top_users(20)')
        ) as reason,
        'Score on ' || cast(user_scores.as_of_date as varchar) as part
    from asked
    left join user_scores
        on asked.user_id = user_scores.user_id
)

select
    points,
    reason,
    score_so_far,
    part
from with_total
order by line
