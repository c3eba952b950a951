-- One row per row of the files of POINTWISE_ASSIGNMENTS: whose it is, and why it cannot
-- be used by itself. assigned_date is the day before: what was known at its end came
-- first, and outcomes count from the day of the assignment on. The company is as given,
-- else as the profiles say.
with

given as ({{ given_rows() }}),

experiments as (select * from {{ ref("experiments") }}),

persons as (select * from {{ ref("int_persons_today") }}),

accounts as (select * from {{ ref("int_experiment_accounts") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

assigned as (
    select * from {{ recorded_assignments() }} as recorded
)

select
    given.file,
    given.experiment,
    given.user_id,
    coalesce(persons.person_id, given.user_id) as person_id,
    case
        when experiments.assign_by = 'account'
            then coalesce(given.account_id, accounts.account_id)
    end as account_id,
    given.arm,
    given.assigned_at,
    given.given_date,
    {{ add_days("given.given_date", -1) }} as assigned_date,
    given.covariates,
    seats.is_control,
    seats.share,
    seats.terms,
    assigned.user_id is not null as is_recorded,
    case
        when given.reason is not null then given.reason
        when given.experiment is null then 'no experiment'
        when given.user_id is null or {{ is_blank("given.user_id") }} then 'no id'
        when {{ is_placeholder("given.user_id") }} then 'id is a placeholder'
        when given.given_date is null then 'no assigned_at that can be read'
        when experiments.experiment is null
            then 'experiment is not in experiments.csv'
        when given.arm is null then 'no arm'
        when seats.arm is null then 'arm that nobody planned'
        when assigned.arm <> given.arm then 'recorded in another arm'
        when assigned.user_id is not null then null
        when
            min(given.given_arm) over same_name
            <> max(given.given_arm) over same_name
            then 'two arms of one name'
        when given.given_date < experiments.start_date
            then 'assigned before its start'
        when given.given_date > experiments.end_date then 'assigned after its end'
    end as reason
from given
left join persons
    on given.user_id = persons.user_id
left join experiments
    on given.experiment = experiments.experiment
left join seats
    on given.experiment = seats.experiment
    and given.arm = seats.arm
    and seats.seat_number = 0
left join assigned
    on given.experiment = assigned.experiment
    and given.user_id = assigned.user_id
asof left join accounts
    on coalesce(persons.person_id, given.user_id) = accounts.user_id
    and {{ add_days("given.given_date", -1) }} >= accounts.as_of_date
window same_name as (partition by given.file, given.experiment, given.arm)
