-- Who is in which arm, a row a slot: as recorded, as given by another tool, or with the
-- unit that was drawn.
with

newcomers as (select * from {{ ref("int_experiment_newcomers") }}),

arms as (select * from {{ ref("int_experiment_unit_arms") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

assigned as (
    select * from {{ recorded_assignments(ref("int_given_newcomers")) }} as recorded
)

select * from assigned
union all
select
    newcomers.experiment,
    newcomers.slot_number,
    newcomers.user_id,
    arms.arm,
    seats.is_control,
    seats.share,
    newcomers.block_number,
    newcomers.assigned_date,
    newcomers.stratum,
    newcomers.band,
    newcomers.score,
    newcomers.terms,
    newcomers.account_id,
    newcomers.unit_number,
    cast(null as varchar) as covariates
from newcomers
inner join arms
    on newcomers.experiment = arms.experiment
    and newcomers.unit_number = arms.unit_number
inner join seats
    on arms.experiment = seats.experiment
    and arms.arm = seats.arm
    and seats.seat_number = 0
