-- Every point of one user, a line a feature, then the score: from explain_user('u42');
{{ config(materialized="table_function", parameters=["wanted_user_id"]) }}

with

user_scores as (select * from {{ ref("user_scores") }}),

contributions as (select * from {{ ref("score_contributions") }}),

score_groups as (select * from {{ ref("score_groups") }}),

rules as (select * from {{ ref("scoring_rules") }}),

asked as (select wanted_user_id as user_id),

given as (
    select
        contributions.*,
        coalesce(rules.feature, contributions.rule) as feature,
        contributions.points = 0 as is_left_out,
        coalesce(-rules.min_value, rules.max_value, 0) as breadth
    from contributions
    inner join user_scores
        on contributions.user_id = user_scores.user_id
        and contributions.as_of_date = user_scores.as_of_date
    left join rules
        on contributions.rule = rules.rule
    where contributions.user_id in (select asked.user_id from asked)
),

joined as (
    select
        rule_group,
        cast(sum(points) as bigint) as points,
        {{ nth_least(["is_left_out", "breadth", "rule", "reason"], "1") }} as narrowest
    from given
    group by rule_group, feature
),

with_total as (
    select
        row_number() over in_order as line,
        joined.points,
        joined.narrowest['reason'] as reason,
        cast(sum(joined.points) over in_order as bigint) as score_so_far,
        coalesce(score_groups.label, 'Every user') as part
    from joined
    left join score_groups
        on joined.rule_group = score_groups.rule_group
    window
        in_order as (
            order by
                joined.rule_group = 'limit', joined.narrowest['rule'] like 'cap:%',
                joined.rule_group <> 'base',
                abs(joined.points) desc, joined.narrowest['rule']
        )
    union all
    select
        1000000 as line,
        null as points,
        coalesce(
            'Score ' || cast(user_scores.score as varchar) || ', ' || user_scores.band
            || concat(
                '. ' || user_scores.score_meaning,
                case
                    when user_scores.is_held_out
                        then '. Held out: left alone, so that what acting adds is seen'
                end
            ),
            concat('No user ', asked.user_id, ' is scored: try from top_users(20)')
        ) as reason,
        user_scores.score as score_so_far,
        'Score on ' || cast(user_scores.as_of_date as varchar) as part
    from asked
    left join user_scores
        on asked.user_id = user_scores.user_id
)

select * exclude (line) from with_total
order by line
