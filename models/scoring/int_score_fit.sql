-- One row per score that was measured at past snapshots: how many examples had it, how
-- many of them converted, and what such people convert at if those with a higher score
-- convert no less: isotonic regression, by its max-min formula (Robertson, Wright and
-- Dykstra 1988, Order Restricted Statistical Inference, ch. 1.4).
with

examples as (select * from {{ ref("int_examples") }}),

scores as (
    select
        score,
        count(*) as users,
        count(*) filter (where is_converted) as conversions,
        sum(count(*)) over up_to as users_up_to,
        sum(count(*) filter (where is_converted)) over up_to as conversions_up_to
    from examples
    where {{ is_judged("as_of_date") }}
    group by score
    window up_to as (order by score)
),

ranges as (
    select
        firsts.score as first_score,
        lasts.score as last_score,
        (lasts.conversions_up_to - firsts.conversions_up_to + firsts.conversions)
        / (lasts.users_up_to - firsts.users_up_to + firsts.users) as rate
    from scores as firsts
    inner join scores as lasts
        on firsts.score <= lasts.score
),

least_rates as (
    select
        scores.score,
        min(ranges.rate) as rate
    from scores
    inner join ranges
        on scores.score between ranges.first_score and ranges.last_score
    group by scores.score, ranges.first_score
),

fitted as (
    select
        score,
        max(rate) as rate
    from least_rates
    group by score
)

select
    scores.score,
    scores.users,
    scores.conversions,
    fitted.rate as conversion_rate
from scores
inner join fitted
    on scores.score = fitted.score
