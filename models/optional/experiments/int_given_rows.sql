-- One row per row of the files of POINTWISE_ASSIGNMENTS: whose it is, and whether the
-- person is in two arms or was assigned before, under any of their ids. assigned_date
-- is the day before: what was known at its end came first, and outcomes count from the
-- day of the assignment on.
with

given as ({{ given_rows() }}),

persons as (select * from {{ ref("int_persons_today") }}),

people as (
    select
        given.*,
        coalesce(persons.person_id, given.user_id) as person_id
    from given
    left join persons
        on given.user_id = persons.user_id
)

select
    file,
    experiment,
    user_id,
    person_id,
    arm,
    assigned_at,
    given_date,
    {{ add_days("given_date", -1) }} as assigned_date,
    reason,
    row_number() over same_person as occurrence,
    min(arm) over same_person <> max(arm) over same_person as has_two_arms
from people
window same_person as (
    partition by experiment, person_id
    order by assigned_at, user_id, file
    rows between unbounded preceding and unbounded following
)
