-- One row per user at the scoring date who has reasons: the three rules that weigh
-- most, for or against, and their points.
with

contributions as (select * from {{ ref("score_contributions") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

reasons_ranked as (
    select
        contributions.user_id,
        contributions.points,
        concat(
            contributions.reason, ' (', {{ signed_points("contributions.points") }}, ')'
        ) as reason,
        row_number() over (
            partition by contributions.user_id
            order by
                abs(contributions.points) desc,
                contributions.points desc,
                contributions.rule
        ) as reason_number
    from contributions
    inner join as_of_dates
        on contributions.as_of_date = as_of_dates.as_of_date
        and as_of_dates.is_scoring_date
    where
        contributions.rule not in ('base', 'limit')
        and contributions.rule not like 'cap:%'
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
