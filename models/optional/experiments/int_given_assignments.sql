-- One row per row of the files of POINTWISE_ASSIGNMENTS, with the reason why it is not
-- used, if there is one. A person, under any of their ids, has one row that is used.
-- What cannot be used by itself is neither a second arm nor an assignment before.
with

given as (select * from {{ ref("int_given_rows") }}),

experiments as (select * from {{ ref("experiments") }}),

activity as (select * from {{ ref("int_activity_today") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

first_outcomes as (
    select
        person_id,
        min(activity_date) as outcome_date
    from activity
    where
        {{ is_outcome("event_type") }}
        and not {{ var("outcome_is_repeatable") | lower }}
    group by person_id
),

people as (
    select
        *,
        row_number() over same_person as occurrence,
        row_number() over (
            partition by experiment, user_id, reason is null order by assigned_at, file
        ) as occurrence_of_id,
        min(arm) over same_person <> max(arm) over same_person as has_two_arms,
        account_id is not null
        and min(arm) over same_account <> max(arm) over same_account
            as is_account_in_two_arms
    from given
    window
        same_person as (
            partition by experiment, person_id, reason is null
            order by is_recorded desc, assigned_at, user_id, file
            rows between unbounded preceding and unbounded following
        ),
        same_account as (partition by experiment, account_id, reason is null)
)

select
    people.file,
    people.experiment,
    people.user_id,
    people.account_id,
    people.arm,
    people.assigned_at,
    people.assigned_date,
    people.covariates,
    people.is_control,
    people.share,
    people.terms,
    people.is_recorded,
    case
        when people.reason is not null then people.reason
        when people.is_recorded and people.occurrence_of_id = 1 then null
        when people.has_two_arms and not people.is_recorded then 'person in two arms'
        when people.is_account_in_two_arms and not people.is_recorded
            then 'company in two arms'
        when people.occurrence > 1 then 'person assigned before'
        when people.given_date > as_of_dates.as_of_date then 'assigned after the data'
        when first_outcomes.outcome_date < people.given_date
            then 'had the outcome before'
    end as reason
from people
inner join as_of_dates
    on as_of_dates.is_scoring_date
left join experiments
    on people.experiment = experiments.experiment
left join first_outcomes
    on people.person_id = first_outcomes.person_id
    and {{ is_outcome("experiments.outcome_event_type") }}
