-- One row per experiment and unit that joins it now, a user or a company: its arm, by
-- hash in blocks of all shares, or that of the company's people who are in it already.
with

newcomers as (select * from {{ ref("int_experiment_newcomers") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

assigned as (
    select
        *,
        coalesce(unit_number, slot_number) as unit
    from {{ recorded_assignments(ref("int_given_newcomers")) }} as recorded
),

-- Units in an arm, by block and by stratum, and in blocks how far beyond its share.
filled as (
    select
        seats.experiment,
        seats.arm,
        assigned.block_number,
        assigned.stratum,
        count(distinct assigned.unit) filter (where assigned.arm = seats.arm) as units,
        seats.block_size * units
        - seats.seats * count(distinct assigned.unit) as surplus
    from seats
    inner join assigned
        on seats.experiment = assigned.experiment
        and seats.seat_number = 0
    group by
        seats.experiment, seats.arm, seats.block_size, seats.seats,
        cube(assigned.block_number, assigned.stratum)
),

free_seats as (
    select
        blocks.experiment,
        blocks.block_number,
        seats.arm,
        row_number() over (
            partition by blocks.experiment, blocks.block_number
            order by
                coalesce(in_stratum.surplus, 0),
                md5(concat_ws(':', blocks.experiment, blocks.block_number, seats.seat))
        ) as place
    from newcomers as blocks
    inner join seats
        on blocks.experiment = seats.experiment
    left join filled as in_block
        on blocks.experiment = in_block.experiment
        and blocks.block_number = in_block.block_number
        and seats.arm = in_block.arm
        and in_block.stratum is null
    left join filled as in_stratum
        on blocks.experiment = in_stratum.experiment
        and blocks.leading_stratum = in_stratum.stratum
        and seats.arm = in_stratum.arm
        and in_stratum.block_number is null
    where blocks.place = 1 and seats.seat_number >= coalesce(in_block.units, 0)
)

select
    newcomers.experiment,
    newcomers.unit_number,
    free_seats.arm
from newcomers
inner join free_seats
    on newcomers.experiment = free_seats.experiment
    and newcomers.block_number = free_seats.block_number
    and newcomers.place = free_seats.place
union all
select
    experiment,
    unit_number,
    min(arm) as arm
from assigned
where account_id is not null
group by experiment, unit_number
