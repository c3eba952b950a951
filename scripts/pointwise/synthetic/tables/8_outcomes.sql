-- Outcomes within 14 days
--
-- Of active users who are no customers, from each draw date on.
-- The ceiling is the expected AUC of the true probability: over all pairs of a user who
-- converts and one who does not, how often the first has the higher probability.
with

last_day as (
    select cast(max(received_at) as date) as last_date
    from deliveries
),

default_snapshots as (
    select as_of_date
    from draws
    cross join last_day
    where as_of_date + 14 <= last_date
    group by as_of_date
    order by as_of_date desc
    limit 6
),

labelled as (
    select
        strftime(as_of_date, '%Y-%m-%d') as label,
        probability,
        converted
    from draws
    union all
    select
        'the six default snapshots' as label,
        draws.probability,
        draws.converted
    from draws
    inner join default_snapshots using (as_of_date)
),

pairs as (
    select
        label,
        probability,
        converted,
        sum(1 - probability) over (
            partition by label order by probability
        ) as not_above,
        sum(1 - probability) over (
            partition by label, probability
        ) as equal_or_self
    from labelled
)

select
    label as "as of",
    format('{:,}', count(*)) as "users",
    percent(sum(probability), count(*)) as "expected",
    percent(count(*) filter (where converted), count(*)) as "converted",
    format(
        '{:.3f}',
        sum(probability * (not_above - (equal_or_self + 1 - probability) / 2))
        / (sum(probability) * sum(1 - probability) - sum(probability * (1 - probability)))
    ) as "ceiling"
from pairs
group by label
order by label
