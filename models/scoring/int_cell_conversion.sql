-- One row per band that had users at past snapshots: how many examples of it converted,
-- how much wider the interval is for users who are in it at several, and how far apart
-- the dates are. Sums of decimals come out the same in any order.
with

outcomes as (select * from {{ ref("user_outcomes") }}),

scores as (select * from {{ ref("int_scores") }}),

acted_on as (select * from {{ ref("int_acted_on") }}),

examples as (
    select
        scores.band,
        scores.user_id,
        scores.as_of_date,
        cast(outcomes.is_converted as integer) as converted
    from outcomes
    inner join scores
        on outcomes.user_id = scores.user_id
        and outcomes.as_of_date = scores.as_of_date
    anti join acted_on
        on outcomes.user_id = acted_on.user_id
        and outcomes.as_of_date = acted_on.as_of_date
    where not outcomes.is_customer
),

persons as (
    select
        band,
        count(*) as examples,
        sum(converted) as converted
    from examples
    group by band, user_id
),

dates as (
    select
        band,
        count(*) as users,
        sum(converted) as conversions,
        avg(converted) as conversion_rate
    from examples
    group by band, as_of_date
),

by_person as (
    select
        band,
        {{ design_effect("examples", "converted") }} as design_effect
    from persons
    group by band
),

by_date as (
    select
        band,
        count(*) as dates,
        cast(sum(users) as bigint) as users,
        cast(sum(conversions) as bigint) as conversions,
        min(conversion_rate) as lowest_rate,
        max(conversion_rate) as highest_rate,
        sum(users * users) / sum(users) as users_of_a_date,
        cast(sum(cast(conversions * conversion_rate as decimal(28, 10))) as double)
            as rate_sum
    from dates
    group by band
)

select
    by_date.*,
    by_person.design_effect
from by_date
inner join by_person
    on by_date.band = by_person.band
