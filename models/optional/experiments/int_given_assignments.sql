-- One row per row of the files of POINTWISE_ASSIGNMENTS, with the reason why it is not
-- used, if there is one.
with

people as (select * from {{ ref("int_given_rows") }}),

experiments as (select * from {{ ref("experiments") }}),

activity as (select * from {{ ref("int_activity_today") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

assigned as (
    select * from {{ recorded_assignments() }} as recorded
),

first_outcomes as (
    select
        person_id,
        min(activity_date) as outcome_date
    from activity
    where
        {{ is_outcome("event_type") }}
        and not {{ var("outcome_is_repeatable") | lower }}
    group by person_id
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
    seats.is_control,
    seats.share,
    seats.terms,
    assigned.user_id is not null as is_recorded,
    case
        when people.reason is not null then people.reason
        when people.experiment is null then 'no experiment'
        when people.user_id is null or {{ is_blank("people.user_id") }} then 'no id'
        when {{ is_placeholder("people.user_id") }} then 'id is a placeholder'
        when people.given_date is null then 'no assigned_at that can be read'
        when experiments.experiment is null then 'experiment is not in experiments.csv'
        when people.arm is null or {{ is_blank("people.arm") }} then 'no arm'
        when seats.arm is null then 'arm that nobody planned'
        when assigned.arm <> people.arm then 'recorded in another arm'
        when assigned.user_id is not null then null
        when people.given_date < experiments.start_date then 'assigned before its start'
        when people.given_date > experiments.end_date then 'assigned after its end'
        when people.has_two_arms then 'person in two arms'
        when people.is_account_in_two_arms then 'company in two arms'
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
left join seats
    on people.experiment = seats.experiment
    and people.arm = seats.arm
    and seats.seat_number = 0
left join assigned
    on people.experiment = assigned.experiment
    and people.user_id = assigned.user_id
left join first_outcomes
    on people.person_id = first_outcomes.person_id
    and {{ is_outcome("experiments.outcome_event_type") }}
