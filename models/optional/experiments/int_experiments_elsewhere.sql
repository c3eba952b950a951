-- One row per experiment that another tool assigns, now or before: nobody else is
-- assigned to it here.
with

given as (select * from {{ ref("int_given_rows") }}),

assigned as (
    select * from {{ recorded_assignments() }} as recorded
)

select given.experiment
from given
where given.experiment is not null
union
select assigned.experiment
from assigned
where assigned.block_number = 0
