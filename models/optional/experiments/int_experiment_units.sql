-- One row per experiment and user who joins it now, with the unit that is assigned: the
-- user, or a company with all its people. The first user of a new unit stands for it; a
-- company that is in the experiment already is no new one.
with

joiners as (select * from {{ ref("int_experiment_joiners") }}),

assigned as (
    select * from {{ recorded_assignments() }} as recorded
),

units_taken as (
    select
        experiment,
        max(coalesce(unit_number, slot_number)) as units
    from assigned
    group by experiment
),

known_accounts as (
    select
        experiment,
        account_id,
        min(unit_number) as unit_number
    from assigned
    where account_id is not null
    group by experiment, account_id
),

users as (
    select
        joiners.*,
        known_accounts.unit_number as known_unit_number,
        coalesce(units_taken.units, 0) as units,
        min(joiners.slot_number) over (
            partition by joiners.experiment, joiners.unit
        ) as first_slot_number
    from joiners
    left join units_taken
        on joiners.experiment = units_taken.experiment
    left join known_accounts
        on joiners.experiment = known_accounts.experiment
        and joiners.account_id = known_accounts.account_id
)

select
    experiment,
    slot_number,
    user_id,
    account_id,
    as_of_date,
    score,
    band,
    stratum,
    block_size,
    terms,
    known_unit_number is null and slot_number = first_slot_number as is_first_of_unit,
    coalesce(
        known_unit_number,
        units + dense_rank() over (
            partition by experiment, known_unit_number is null
            order by first_slot_number
        )
    ) as unit_number
from users
