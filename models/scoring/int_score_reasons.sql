-- One row per user at the scoring date who has reasons: the three features that weigh
-- most, for or against, and the points of all their rules; what a verdict took back
-- is one, too. Of several rules, such as at least 1, 3 and 10 times, the narrowest
-- says it.
with

contributions as (select * from {{ ref("score_contributions") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

rules as (select * from {{ ref("scoring_rules") }}),

given as (
    select
        contributions.user_id,
        contributions.rule,
        contributions.points,
        contributions.reason,
        coalesce(rules.feature, contributions.rule) as feature,
        coalesce(-rules.min_value, rules.max_value, 0) as breadth
    from contributions
    inner join as_of_dates
        on contributions.as_of_date = as_of_dates.as_of_date
        and as_of_dates.is_scoring_date
    left join rules
        on contributions.rule = rules.rule
    where
        contributions.points <> 0
        and contributions.score_name = 'intent'
        and (rules.rule is not null or contributions.rule like 'reset:%')
),

joined as (
    select
        user_id,
        feature,
        sum(points) as points,
        {{ nth_least(["breadth", "rule", "reason"], "1") }} as narrowest
    from given
    group by user_id, feature
),

reasons_ranked as (
    select
        user_id,
        points,
        concat(narrowest['reason'], ' (', {{ signed_points("points") }}, ')') as reason,
        row_number() over (
            partition by user_id
            order by abs(points) desc, points desc, narrowest['rule']
        ) as reason_number
    from joined
    where points <> 0
)

select
    user_id,
    {% for number in [1, 2, 3] %}
        max(reason) filter (where reason_number = {{ number }}) as reason_{{ number }},
        cast(sum(points) filter (where reason_number = {{ number }}) as integer)
            as reason_{{ number }}_points,
    {% endfor %}
    cast(sum(points) as integer) as reason_points
from reasons_ranked
where reason_number <= 3
group by user_id
