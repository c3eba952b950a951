{{ config(schema="main", meta={"published_order": "score"}) }}

-- One row per score from the lowest to the highest that was measured at past snapshots:
-- what such people converted at, and the interval for the next date. Of the scores up
-- to one people convert at no more than at it: the lower end is that of their range,
-- the upper end that of the scores from it. Neither falls where the score rises.
with

fit as (select * from {{ ref("int_score_fit") }}),

outlook as (select * from {{ ref("int_cell_outlook") }}),

numbers as ({{ whole_numbers(101) }}),

scores as (
    select
        numbers.number as score,
        max(fit.score) filter (where fit.score <= numbers.number) as score_below,
        min(fit.score) filter (where fit.score >= numbers.number) as score_above
    from numbers
    cross join fit
    group by numbers.number
),

bounds as (
    select
        scores.score,
        if(fit.score = scores.score, fit.users, 0) as users,
        if(fit.score = scores.score, fit.conversions, 0) as conversions,
        fit.conversion_rate,
        min(below.lower_rate) over (
            order by scores.score rows between current row and unbounded following
        ) as lower_rate,
        max(above.upper_rate) over (
            order by scores.score rows between unbounded preceding and current row
        ) as upper_rate
    from scores
    inner join fit
        on scores.score_below = fit.score
    inner join outlook as below
        on below.cell = concat('up to ', cast(scores.score_below as string))
    inner join outlook as above
        on above.cell = concat('from ', cast(scores.score_above as string))
),

limits as (
    select
        score,
        users,
        conversions,
        conversion_rate,
        least(lower_rate, conversion_rate) as lower_rate,
        greatest(upper_rate, conversion_rate) as upper_rate
    from bounds
)

select
    *,
    case
        when conversion_rate = 0
            then concat(
                'Nobody with this score or a lower one converted: at most ',
                {{ display_percent("upper_rate") }}, ' % do'
            )
        else
            concat(
                'People with this score convert at ',
                {{ display_percent("conversion_rate") }}, ' % [',
                {{ display_percent("lower_rate") }}, '-',
                {{ display_percent("upper_rate") }}, ']'
            )
    end || ' within {{ var("horizon_days") }} days' as meaning
from limits
