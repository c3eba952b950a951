-- One row per experiment and arm: its share, and its seats in a block. A block is the
-- smallest number of users that holds every share exactly: 2 for halves, 10 for 0.9 and
-- 0.1. The first arm is the control. Newcomers join while the experiment is open.
with

experiments as (select * from {{ ref("experiments") }}),

block_sizes as ({{ whole_numbers(101) }}),

listed as (
    select
        experiment,
        {{ population_name() }} as population,
        case when status = 'running' then start_date end as opening_date,
        case when status = 'running' then end_date end as closing_date,
        unnest(string_split(arms, '|')) as arm_text,
        generate_subscripts(string_split(arms, '|'), 1) as arm_number
    from experiments
),

shares as (
    select
        experiment,
        population,
        opening_date,
        closing_date,
        split_part(arm_text, ':', 1) as arm,
        arm_number,
        {{ share_numerator("split_part(arm_text, ':', 2)") }} as numerator,
        {{ share_denominator("split_part(arm_text, ':', 2)") }} as denominator
    from listed
),

fitting as (
    select
        shares.experiment,
        block_sizes.number as block_size
    from shares
    inner join block_sizes
        on block_sizes.number >= 2
    group by shares.experiment, block_sizes.number
    having bool_and(shares.numerator * block_sizes.number % shares.denominator = 0)
),

smallest as (
    select
        experiment,
        min(block_size) as block_size
    from fitting
    group by experiment
)

select
    shares.experiment,
    shares.population,
    shares.opening_date,
    shares.closing_date,
    shares.arm,
    cast(shares.arm_number as integer) as arm_number,
    shares.arm_number = 1 as is_control,
    cast(1.0 * shares.numerator / shares.denominator as decimal(9, 6)) as share,
    smallest.block_size,
    cast(
        shares.numerator * smallest.block_size / shares.denominator as integer
    ) as seats
from shares
inner join smallest
    on shares.experiment = smallest.experiment
