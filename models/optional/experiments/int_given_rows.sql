-- One row per row of the files of POINTWISE_ASSIGNMENTS: whose it is, and whether the
-- person is in two arms or was assigned before, under any of their ids. assigned_date
-- is the day before: what was known at its end came first, and outcomes count from the
-- day of the assignment on. The company is as given, else as the profiles say.
with

given as ({{ given_rows() }}),

experiments as (select * from {{ ref("experiments") }}),

persons as (select * from {{ ref("int_persons_today") }}),

accounts as (select * from {{ ref("int_experiment_accounts") }}),

people as (
    select
        given.*,
        experiments.assign_by,
        coalesce(persons.person_id, given.user_id) as person_id,
        {{ add_days("given.given_date", -1) }} as assigned_date
    from given
    left join persons
        on given.user_id = persons.user_id
    left join experiments
        on given.experiment = experiments.experiment
),

people_of_companies as (
    select
        people.* replace (
            case
                when people.assign_by = 'account'
                    then coalesce(people.account_id, accounts.account_id)
            end as account_id
        )
    from people
    asof left join accounts
        on people.person_id = accounts.user_id
        and people.assigned_date >= accounts.as_of_date
)

select
    file,
    experiment,
    user_id,
    person_id,
    account_id,
    arm,
    assigned_at,
    given_date,
    assigned_date,
    covariates,
    reason,
    row_number() over same_person as occurrence,
    min(arm) over same_person <> max(arm) over same_person as has_two_arms,
    account_id is not null
    and min(arm) over same_account <> max(arm) over same_account
        as is_account_in_two_arms
from people_of_companies
window
    same_person as (
        partition by experiment, person_id
        order by assigned_at, user_id, file
        rows between unbounded preceding and unbounded following
    ),
    same_account as (partition by experiment, account_id)
