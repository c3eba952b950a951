-- One row per range of scores, or grade, that had users at past snapshots: how many
-- converted, how much wider the interval is for users who are in it at several, and how
-- far apart the dates are. Sums of decimals come out the same in any order.
with

examples as (select * from {{ ref("int_examples") }}),

cells as (select * from {{ ref("int_outlook_cells") }}),

persons as (
    select
        cells.cell,
        count(*) as examples,
        count(*) filter (where examples.is_converted) as converted
    from cells
    inner join examples
        on examples.score between cells.min_score and cells.max_score
        and (cells.fit_band is null or cells.fit_band = examples.fit_band)
    where {{ is_judged("examples.as_of_date") }}
    group by cells.cell, examples.user_id
),

by_score as (
    select
        score,
        fit_band,
        as_of_date,
        count(*) as users,
        count(*) filter (where is_converted) as conversions
    from examples
    where {{ is_judged("as_of_date") }}
    group by score, fit_band, as_of_date
),

dates as (
    select
        cells.cell,
        cast(sum(by_score.users) as bigint) as users,
        cast(sum(by_score.conversions) as bigint) as conversions,
        sum(by_score.conversions) / sum(by_score.users) as conversion_rate
    from cells
    inner join by_score
        on by_score.score between cells.min_score and cells.max_score
        and (cells.fit_band is null or cells.fit_band = by_score.fit_band)
    group by cells.cell, by_score.as_of_date
),

by_person as (
    select
        cell,
        {{ design_effect("examples", "converted") }} as design_effect
    from persons
    group by cell
),

by_date as (
    select
        cell,
        count(*) as dates,
        cast(sum(users) as bigint) as users,
        cast(sum(conversions) as bigint) as conversions,
        min(conversion_rate) as lowest_rate,
        max(conversion_rate) as highest_rate,
        sum(users * users) / sum(users) as users_of_a_date,
        cast(sum(cast(conversions * conversion_rate as decimal(28, 10))) as double)
            as rate_sum
    from dates
    group by cell
)

select
    by_date.*,
    by_person.design_effect
from by_date
inner join by_person
    on by_date.cell = by_person.cell
