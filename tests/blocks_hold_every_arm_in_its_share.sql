-- Blocks in which an arm has more users than seats, and so a split that is not even.
with

assignments as (select * from {{ ref("experiment_assignments") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
)

select
    assignments.experiment,
    assignments.block_number,
    assignments.arm,
    count(*) as users
from assignments
inner join seats
    on assignments.experiment = seats.experiment
    and assignments.arm = seats.arm
    and seats.seat_number = 0
-- Whom another tool assigned is in block 0.
where assignments.block_number > 0
group by
    assignments.experiment, assignments.block_number, assignments.arm, seats.seats
having count(*) > seats.seats
