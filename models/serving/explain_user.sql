-- Every point of one user, largest first, with the running score. The last line is the
-- score: from explain_user('u42');
{{ config(materialized="table_function", parameters=["wanted_user_id"]) }}

with

user_scores as (select * from {{ ref("user_scores") }}),

all_contributions as (select * from {{ ref("score_contributions") }}),

score_groups as (select * from {{ ref("score_groups") }}),

contributions as (
    select * from all_contributions
    where user_id = wanted_user_id
),

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
        score as score_so_far,
        concat(explanation, coalesce(' ' || band_meaning || '.', '')) as reason,
        concat('Score on ', cast(as_of_date as varchar)) as part
    from user_scores
    where user_id = wanted_user_id
)

select
    points,
    score_so_far,
    part,
    reason
from with_total
order by line
