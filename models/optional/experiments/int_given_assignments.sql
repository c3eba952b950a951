-- One row per row of the files of POINTWISE_ASSIGNMENTS: who is in which arm of an
-- experiment that another tool assigned, with the reason why it cannot be used, if there
-- is one. assigned_date is the day before: what was known at its end came first, and
-- outcomes count from the day of the assignment on.
with

given as ({{ given_rows() }}),

seats as (
    select * from {{ experiment_seats() }} as seats
),

experiments as (select * from {{ ref("experiments") }}),

assigned as (
    select * from {{ recorded_assignments() }} as recorded
),

persons as (select * from {{ ref("int_persons_today") }}),

activity as (select * from {{ ref("int_activity_today") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

people as (
    select
        given.*,
        coalesce(persons.person_id, given.user_id) as person_id,
        {{ add_days("given.given_date", -1) }} as assigned_date,
        row_number() over same_person as occurrence,
        min(given.arm) over same_person <> max(given.arm) over same_person as has_two_arms
    from given
    left join persons
        on given.user_id = persons.user_id
    window same_person as (
        partition by given.experiment, coalesce(persons.person_id, given.user_id)
        order by given.assigned_at, given.user_id, given.file
        rows between unbounded preceding and unbounded following
    )
),

first_outcomes as (
    select
        person_id,
        min(activity_date) as outcome_date
    from activity
    where
        event_type = '{{ var("outcome_event_type") }}'
        and not {{ var("outcome_is_repeatable") }}
    group by person_id
)

select
    people.file,
    people.experiment,
    people.user_id,
    people.arm,
    people.assigned_at,
    people.assigned_date,
    seats.is_control,
    seats.share,
    seats.terms,
    assigned.user_id is not null as is_recorded,
    case
        when people.reason is not null then people.reason
        when people.experiment is null or {{ is_blank("people.experiment") }} then 'no experiment'
        when people.user_id is null or {{ is_blank("people.user_id") }} then 'no id'
        when {{ is_placeholder("people.user_id") }} then 'id is a placeholder'
        when people.given_date is null then 'no assigned_at that can be read'
        when experiments.experiment is null then 'experiment is not in experiments.csv'
        when seats.arm is null then 'arm that nobody planned'
        when assigned.arm <> people.arm then 'recorded in another arm'
        when assigned.user_id is not null then null
        when people.has_two_arms then 'person in two arms'
        when people.occurrence > 1 then 'person assigned before'
        when people.given_date > as_of_dates.as_of_date then 'assigned after the data'
        when first_outcomes.outcome_date < people.given_date then 'had the outcome before'
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
    and experiments.outcome_event_type = '{{ var("outcome_event_type") }}'
