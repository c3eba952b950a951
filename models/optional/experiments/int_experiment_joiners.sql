-- One row per experiment and user who joins it now, with the slot that the user takes:
-- they go on where the record ends, by stratum and score, so that users of like scores
-- are beside each other. Where companies are assigned, with the company.
with

population as (select * from {{ ref("int_experiment_population") }}),

elsewhere as (select * from {{ ref("int_experiments_elsewhere") }}),

accounts as (select * from {{ ref("int_experiment_accounts") }}),

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
)

select
    population.population,
    population.user_id,
    population.as_of_date,
    population.score,
    population.band,
    population.stratum,
    seats.experiment,
    seats.block_size,
    seats.terms,
    accounts.account_id,
    coalesce('company ' || accounts.account_id, population.user_id) as unit,
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
left join accounts
    on seats.is_by_account
    and population.user_id = accounts.user_id
    and population.as_of_date = accounts.as_of_date
left join slots_taken
    on seats.experiment = slots_taken.experiment
left join assigned
    on seats.experiment = assigned.experiment
    and population.user_id = assigned.user_id
anti join elsewhere
    on seats.experiment = elsewhere.experiment
where population.is_scoring_date and assigned.experiment is null
