-- One row per experiment and person who was assigned elsewhere and is not in the record
-- yet, with the score as of the last day before the assignment that was scored.
with

given as (select * from {{ ref("int_given_assignments") }}),

scores as (select * from {{ ref("int_scores") }}),

assigned as (
    select * from {{ recorded_assignments() }} as recorded
),

slots_taken as (
    select
        experiment,
        count(*) as slots
    from assigned
    group by experiment
),

newcomers as (
    select
        given.*,
        coalesce(slots_taken.slots, 0) + row_number() over (
            partition by given.experiment
            order by given.assigned_at, given.user_id
        ) as slot_number
    from given
    left join slots_taken
        on given.experiment = slots_taken.experiment
    where given.reason is null and not given.is_recorded
)

select
    newcomers.experiment,
    newcomers.slot_number,
    newcomers.user_id,
    newcomers.arm,
    newcomers.is_control,
    newcomers.share,
    cast(0 as bigint) as block_number,
    newcomers.assigned_date,
    coalesce(scores.band, 'no score') as stratum,
    coalesce(scores.band, 'no score') as band,
    scores.score,
    newcomers.terms
from newcomers
asof left join scores
    on newcomers.user_id = scores.user_id
    and newcomers.assigned_date >= scores.as_of_date
