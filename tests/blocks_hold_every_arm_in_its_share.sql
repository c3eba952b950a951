-- Blocks in which an arm has more users, or companies, than seats: not an even split.
with

assignments as (select * from {{ ref("experiment_assignments") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
)

select
    assignments.experiment,
    assignments.block_number,
    assignments.arm,
    count(distinct coalesce(assignments.unit_number, assignments.slot_number)) as units
from assignments
inner join seats
    on assignments.experiment = seats.experiment
    and assignments.arm = seats.arm
    and seats.seat_number = 0
-- Whom another tool assigned is in block 0.
where assignments.block_number > 0
group by
    assignments.experiment, assignments.block_number, assignments.arm, seats.seats
having
    count(distinct coalesce(assignments.unit_number, assignments.slot_number))
    > seats.seats
