-- One row per population, past as-of date and member of whom all is known since: with
-- whom it would have been assigned, and whether the outcome followed.
{%- set horizon = "coalesce(experiments.horizon_days, " ~ var("horizon_days") ~ ")" %}
{%- set matured_date = add_days("population.as_of_date", horizon) %}
with

experiments as (select * from {{ ref("experiments") }}),

population as (select * from {{ ref("int_experiment_population") }}),

activity as (select * from {{ ref("int_activity_today") }}),

persons as (select * from {{ ref("int_persons_today") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

accounts as (select * from {{ ref("int_experiment_accounts") }})

select
    population.population,
    population.user_id,
    population.as_of_date,
    case
        when experiments.assign_by = 'account' and accounts.account_id is not null
            then concat('account ', accounts.account_id)
        else concat('person ', population.user_id)
    end as unit,
    population.stratum,
    population.score,
    exists(
        select 1 from activity
        where
            activity.person_id = coalesce(persons.person_id, population.user_id)
            and activity.event_type = experiments.outcome_event_type
            and activity.activity_date > population.as_of_date
            and activity.activity_date <= {{ matured_date }}
    ) as is_converted
from population
inner join experiments
    on population.population = experiments.experiment
inner join as_of_dates
    on as_of_dates.is_scoring_date
    and as_of_dates.as_of_date >= {{ matured_date }}
left join persons
    on population.user_id = persons.user_id
left join accounts
    on population.user_id = accounts.user_id
    and population.as_of_date = accounts.as_of_date
