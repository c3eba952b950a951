-- One row per experiment and user who joins it now: the slot and the place in a block
-- of slots. Slots go on where the record ends, by stratum and score, so that users
-- of like scores are in a block. A block within one stratum evens itself out; any other
-- has a leading stratum, that of the first who joins it.
with

population as (select * from {{ ref("int_experiment_population") }}),

elsewhere as (select * from {{ ref("int_experiments_elsewhere") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

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
        population.*,
        seats.experiment,
        seats.block_size,
        seats.terms,
        coalesce(slots_taken.slots, 0) + row_number() over (
            partition by seats.experiment
            order by
                population.stratum_value nulls first,
                population.score,
                md5(concat(seats.experiment, ':', population.user_id)),
                population.user_id
        ) as slot_number
    from population
    inner join seats
        on population.population = seats.population
        and seats.is_control and seats.seat_number = 0
        and population.as_of_date between seats.opening_date and seats.closing_date
    left join slots_taken
        on seats.experiment = slots_taken.experiment
    left join assigned
        on seats.experiment = assigned.experiment
        and population.user_id = assigned.user_id
    anti join elsewhere
        on seats.experiment = elsewhere.experiment
    where population.is_scoring_date and assigned.experiment is null
)

select
    experiment,
    slot_number,
    user_id,
    as_of_date as assigned_date,
    cast(ceil(slot_number / block_size) as bigint) as block_number,
    row_number() over (
        partition by experiment, ceil(slot_number / block_size)
        order by slot_number
    ) as place,
    stratum,
    case
        when
            count(*) over same_block < block_size
            or min(stratum) over same_block <> max(stratum) over same_block
            then first(stratum order by slot_number) over same_block
    end as leading_stratum,
    band,
    score,
    terms
from newcomers
window same_block as (partition by experiment, ceil(slot_number / block_size))
