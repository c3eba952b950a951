-- Every point of one user, a line a feature, then the score; then those of other scores
-- such as fit, the last of which says the score: from explain_user('u42');
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
    left join rules on contributions.rule = rules.rule
    where
        contributions.user_id in (select asked.user_id from asked)
        and contributions.as_of_date in (select user_scores.as_of_date from user_scores)
),

joined as (
    select
        score_name,
        rule_group,
        cast(sum(points) as bigint) as points,
        {{ nth_least(["is_left_out", "breadth", "rule", "reason"], "1") }} as narrowest
    from given
    group by score_name, rule_group, feature
),

with_total as (
    select
        joined.score_name,
        row_number() over in_order as line,
        joined.points,
        joined.narrowest['reason'] as reason,
        cast(sum(joined.points) over in_order as bigint) as score_so_far,
        concat(
            nullif(concat(joined.score_name, ': '), 'intent: '),
            coalesce(score_groups.label, 'Every user')
        ) as part
    from joined
    left join score_groups on joined.rule_group = score_groups.rule_group
    window
        in_order as (
            partition by joined.score_name
            order by
                joined.rule_group = 'limit', joined.narrowest['rule'] like 'cap:%',
                joined.narrowest['rule'] like 'reset:%', joined.rule_group <> 'base',
                abs(joined.points) desc, joined.narrowest['rule']
        )
    union all
    select
        'intent' as score_name,
        1000000 as line,
        null as points,
        coalesce(
            {{ score_and_grade("user_scores") }} || concat(
                '. ' || user_scores.score_meaning,
                case when user_scores.is_held_out then '. Held out: left alone' end
            ),
            concat('No user ', asked.user_id, ' is scored: try from top_users(20)')
        ) as reason,
        user_scores.score as score_so_far,
        'Score on ' || cast(user_scores.as_of_date as varchar) as part
    from asked
    left join user_scores on asked.user_id = user_scores.user_id
)

select * exclude (score_name, line) from with_total
order by score_name <> 'intent', score_name, line
