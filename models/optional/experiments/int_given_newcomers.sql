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
        count(*) as slots,
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

newcomers as (
    select
        given.*,
        coalesce(slots_taken.slots, 0) + row_number() over (
            partition by given.experiment
            order by given.assigned_at, given.user_id
        ) as slot_number,
        coalesce(
            known_accounts.unit_number,
            coalesce(slots_taken.units, 0) + dense_rank() over (
                partition by given.experiment
                order by coalesce('company ' || given.account_id, given.user_id)
            )
        ) as unit_number
    from given
    left join known_accounts
        on given.experiment = known_accounts.experiment
        and given.account_id = known_accounts.account_id
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
    newcomers.terms,
    newcomers.account_id,
    newcomers.unit_number,
    newcomers.covariates
from newcomers
asof left join scores
    on newcomers.user_id = scores.user_id
    and newcomers.assigned_date >= scores.as_of_date
