-- One row per experiment and arm of the control panel: how many were assigned, whose
-- outcomes are known by now, and how many of these can be analysed.
with

arms as (select * from {{ ref("int_experiment_arms") }}),

users as (select * from {{ ref("int_experiment_users") }})

select
    arms.experiment,
    arms.arm,
    arms.arm_number,
    arms.is_control,
    arms.share,
    count(users.slot_number) as assigned_users,
    count(*) filter (where users.is_matured) as matured_users,
    count(*) filter (where users.is_matured and users.is_analysed) as analysed_users
from arms
left join users
    on arms.experiment = users.experiment
    and arms.arm = users.arm
group by arms.experiment, arms.arm, arms.arm_number, arms.is_control, arms.share
