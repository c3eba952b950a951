-- Blocks in which an arm has more users than seats, and so a split that is not even.
select
    assignments.experiment,
    assignments.block_number,
    assignments.arm,
    count(*) as users
from {{ ref("experiment_assignments") }} as assignments
inner join {{ ref("int_experiment_arms") }} as arms
    on assignments.experiment = arms.experiment
    and assignments.arm = arms.arm
group by
    assignments.experiment, assignments.block_number, assignments.arm, arms.seats
having count(*) > arms.seats
