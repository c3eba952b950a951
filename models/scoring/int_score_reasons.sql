-- One row per user at the scoring date who has reasons: the three rules that weigh
-- most, for or against, and their points.
with

contributions as (select * from {{ ref("int_current_contributions") }}),

reasons_ranked as (
    select
        user_id,
        points,
        concat(reason, ' (', {{ signed_points("points") }}, ')') as reason,
        row_number() over (
            partition by user_id
            order by abs(points) desc, points desc, rule
        ) as reason_number
    from contributions
    where rule not in ('base', 'limit') and rule not like 'cap:%'
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
