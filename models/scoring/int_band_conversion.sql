-- One row per band that had users at past snapshots: how many examples of it converted,
-- and how much wider the interval is for users who are in it at several.
with

outcomes as (select * from {{ ref("user_outcomes") }}),

scores as (select * from {{ ref("int_scores") }}),

persons as (
    select
        scores.band,
        scores.user_id,
        count(*) as examples,
        count(*) filter (where outcomes.is_converted) as converted
    from outcomes
    inner join scores
        on outcomes.user_id = scores.user_id
        and outcomes.as_of_date = scores.as_of_date
    where not outcomes.is_customer
    group by scores.band, scores.user_id
)

select
    band,
    cast(sum(examples) as bigint) as users,
    cast(sum(converted) as bigint) as conversions,
    {{ design_effect("examples", "converted") }} as design_effect
from persons
group by band
