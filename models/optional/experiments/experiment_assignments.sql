{{ config(schema="main", meta={"published_order": "experiment, slot_number"}) }}

-- One row per experiment and slot: who was put in which arm, on what score. Who was
-- put there by an earlier publication stays; newcomers are added, by stratum and
-- score. A block of slots holds each arm in its share, in an order drawn by hash, so
-- that users of like scores are split evenly; what a stratum or a publication leaves
-- unfinished goes on in the next, first with the arms its stratum lacks.
with

arms as (select * from {{ ref("int_experiment_arms") }}),

population as (select * from {{ ref("int_experiment_population") }}),

seat_numbers as ({{ whole_numbers(100) }}),

assigned as (
    select * from {{ recorded_assignments() }}
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
        arms.experiment,
        arms.block_size,
        coalesce(slots_taken.slots, 0) + row_number() over (
            partition by arms.experiment
            order by
                population.stratum_value nulls first,
                population.score,
                md5(concat(arms.experiment, ':', population.user_id)),
                population.user_id
        ) as slot_number
    from population
    inner join arms
        on population.population = arms.population and arms.is_control
        and population.as_of_date between arms.opening_date and arms.closing_date
    left join slots_taken
        on arms.experiment = slots_taken.experiment
    left join assigned
        on arms.experiment = assigned.experiment
        and population.user_id = assigned.user_id
    where population.is_scoring_date and assigned.experiment is null
),

newcomers_in_blocks as (
    select
        *,
        cast(floor((slot_number - 1) / block_size) as bigint) + 1 as block_number,
        row_number() over (
            partition by experiment, floor((slot_number - 1) / block_size)
            order by slot_number
        ) as place
    from newcomers
),

-- A block within a stratum evens itself out. Any other is led by its first newcomer's.
blocks as (
    select
        experiment,
        block_number,
        case
            when count(*) < max(block_size) or min(stratum) <> max(stratum)
                then min_by(stratum, slot_number)
        end as stratum
    from newcomers_in_blocks
    group by experiment, block_number
),

strata as (
    select
        experiment,
        stratum,
        count(*) as users
    from assigned
    group by experiment, stratum
),

strata_by_arm as (
    select
        experiment,
        stratum,
        arm,
        count(*) as users
    from assigned
    group by experiment, stratum, arm
),

seats_taken as (
    select
        experiment,
        block_number,
        arm,
        count(*) as seats
    from assigned
    group by experiment, block_number, arm
),

free_seats as (
    select
        blocks.experiment,
        blocks.block_number,
        arms.arm,
        arms.is_control,
        arms.share,
        row_number() over (
            partition by blocks.experiment, blocks.block_number
            order by
                coalesce(
                    arms.block_size * coalesce(strata_by_arm.users, 0)
                    - arms.seats * strata.users,
                    0
                ),
                md5(
                    concat_ws(
                        ':',
                        blocks.experiment,
                        blocks.block_number,
                        arms.arm,
                        seat_numbers.number
                    )
                )
        ) as place
    from blocks
    inner join arms
        on blocks.experiment = arms.experiment
    inner join seat_numbers
        on arms.seats > seat_numbers.number
    left join seats_taken
        on blocks.experiment = seats_taken.experiment
        and blocks.block_number = seats_taken.block_number
        and arms.arm = seats_taken.arm
    left join strata
        on blocks.experiment = strata.experiment
        and blocks.stratum = strata.stratum
    left join strata_by_arm
        on strata.experiment = strata_by_arm.experiment
        and strata.stratum = strata_by_arm.stratum
        and arms.arm = strata_by_arm.arm
    where seat_numbers.number >= coalesce(seats_taken.seats, 0)
)

select
    experiment,
    slot_number,
    user_id,
    arm,
    is_control,
    share,
    block_number,
    assigned_date,
    stratum,
    band,
    score
from assigned
union all
select
    newcomers_in_blocks.experiment,
    newcomers_in_blocks.slot_number,
    newcomers_in_blocks.user_id,
    free_seats.arm,
    free_seats.is_control,
    free_seats.share,
    newcomers_in_blocks.block_number,
    newcomers_in_blocks.as_of_date as assigned_date,
    newcomers_in_blocks.stratum,
    newcomers_in_blocks.band,
    newcomers_in_blocks.score
from newcomers_in_blocks
inner join free_seats
    on newcomers_in_blocks.experiment = free_seats.experiment
    and newcomers_in_blocks.block_number = free_seats.block_number
    and newcomers_in_blocks.place = free_seats.place
