-- One row per experiment and user who joins it now: the slot, and for the first user of
-- a new unit its place in a block. A block within one stratum evens itself out; another
-- has a leading stratum, that of the first unit that joins it.
with

units as (select * from {{ ref("int_experiment_units") }}),

newcomers as (
    select
        *,
        cast(ceil(unit_number / block_size) as bigint) as block_number
    from units
)

select
    experiment,
    slot_number,
    user_id,
    account_id,
    unit_number,
    is_first_of_unit,
    as_of_date as assigned_date,
    block_number,
    case when is_first_of_unit then row_number() over units_in_order end as place,
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
window
    same_block as (partition by experiment, block_number, is_first_of_unit),
    units_in_order as (
        partition by experiment, block_number, is_first_of_unit
        order by slot_number
    )
