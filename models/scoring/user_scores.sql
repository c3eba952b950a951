-- One row per user at the scoring date: the score, what it means, and why. The three
-- reasons with their points and other_points add up to the score.
with

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

contributions as (select * from {{ ref("score_contributions") }}),

bands as (select * from {{ ref("score_bands") }}),

next_steps as (select * from {{ ref("int_next_steps") }}),

customers as (select * from {{ ref("int_customers") }}),

weights as (select * from {{ ref("int_weights_version") }}),

scored as (
    select contributions.*
    from contributions
    inner join as_of_dates
        on contributions.user_id = as_of_dates.user_id
        and contributions.as_of_date = as_of_dates.as_of_date
    where as_of_dates.is_scoring_date
),

reasons_ranked as (
    select
        user_id,
        points,
        concat(reason, ' (', {{ signed_points("points") }}, ')') as reason,
        row_number() over (
            partition by user_id
            order by abs(points) desc, points desc, rule
        ) as reason_number
    from scored
    where rule not in ('base', 'limit') and rule not like 'cap:%'
),

reasons as (
    select
        user_id,
        {% for number in [1, 2, 3] %}
            max(reason) filter (where reason_number = {{ number }}) as reason_{{ number }},
            max(points) filter (where reason_number = {{ number }}) as reason_{{ number }}_points,
        {% endfor %}
        coalesce(sum(points) filter (where reason_number <= 3), 0) as reason_points
    from reasons_ranked
    group by user_id
),

totals as (
    select
        user_id,
        as_of_date,
        sum(points) as score
    from scored
    group by user_id, as_of_date
),

bands_with_ends as (
    select
        band,
        action,
        min_score,
        lead(min_score, 1, 101) over (order by min_score) as next_min_score
    from bands
),

ranked as (
    select
        totals.user_id,
        totals.as_of_date,
        totals.score,
        row_number() over (order by totals.score desc, totals.user_id) as rank,
        count(*) over (
            order by totals.score
            range between unbounded preceding and 1 preceding
        ) * 100 as users_below_times_100,
        count(*) over () as users
    from totals
)

select
    ranked.user_id,
    ranked.as_of_date,
    cast(ranked.score as integer) as score,
    bands_with_ends.band,
    bands_with_ends.action,
    cast(ranked.rank as integer) as rank,
    cast(floor(ranked.users_below_times_100 / ranked.users) as integer) as percentile,
    {% for number in [1, 2, 3] %}
        reasons.reason_{{ number }},
        cast(coalesce(reasons.reason_{{ number }}_points, 0) as integer)
            as reason_{{ number }}_points,
    {% endfor %}
    cast(ranked.score - coalesce(reasons.reason_points, 0) as integer) as other_points,
    {{ explanation_text() }} as explanation,
    next_steps.next_step,
    coalesce(next_steps.gain, 0) as next_step_points,
    customers.user_id is not null as is_customer,
    weights.weights_version
from ranked
inner join bands_with_ends
    on ranked.score >= bands_with_ends.min_score
    and ranked.score < bands_with_ends.next_min_score
left join reasons
    on ranked.user_id = reasons.user_id
left join next_steps
    on ranked.user_id = next_steps.user_id
left join customers
    on ranked.user_id = customers.user_id
    and ranked.as_of_date >= customers.customer_since_date
cross join weights
