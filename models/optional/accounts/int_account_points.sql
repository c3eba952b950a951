{{ config(materialized="view") }}

-- One row per as-of date, one of the best of a company and rule: its points, rounded as
-- they add up to the person's; and, without a person, per rule that gave too much.
with

people as (select * from {{ ref("account_people") }}),

contributions as (select * from {{ ref("score_contributions") }}),

scoring_rules as (select * from {{ ref("scoring_rules") }}),

account_rules as (select * from {{ ref("account_rules") }}),

points_of_people as (
    select
        people.account_id,
        people.as_of_date,
        people.user_id,
        contributions.rule,
        cast(
            floor(people.weight * cast(sum(contributions.points) over so_far as bigint))
            - floor(
                people.weight
                * cast(
                    sum(contributions.points) over so_far - contributions.points
                    as bigint
                )
            )
            as bigint
        ) as points,
        contributions.reason
    from people
    inner join contributions
        on people.user_id = contributions.user_id
        and people.as_of_date = contributions.as_of_date
        and contributions.score_name = 'intent'
    where people.is_among_best and contributions.rule <> 'base'
    window
        so_far as (
            partition by people.as_of_date, people.user_id
            order by contributions.points desc, contributions.rule
        )
),

-- The lower one where two are on a rule.
caps as (
    select
        scoring_rules.rule,
        account_rules.max_points,
        {{ reason_text(
            "account_rules.reason", rule_label("scoring_rules.reason", "scoring_rules.equals")
        ) }} as reason
    from scoring_rules
    inner join account_rules
        on account_rules.measure = 'rule_cap'
        and account_rules.applies_to in (scoring_rules.rule, '*')
    qualify
        row_number() over (
            partition by scoring_rules.rule
            order by account_rules.max_points, account_rules.account_rule
        ) = 1
)

select * from points_of_people
union all
select
    points_of_people.account_id,
    points_of_people.as_of_date,
    null as user_id,
    concat('cap:', caps.rule) as rule,
    cast(caps.max_points - sum(points_of_people.points) as bigint) as points,
    caps.reason
from points_of_people
inner join caps
    on points_of_people.rule = caps.rule
group by
    points_of_people.account_id, points_of_people.as_of_date, caps.rule,
    caps.max_points, caps.reason
having sum(points_of_people.points) > caps.max_points
