-- One row per population that had members at past snapshots: how many, and how many of
-- them had the outcome in the days after, nobody having done anything. A user counts
-- once a snapshot.
with

experiments as (select * from {{ ref("experiments") }}),

population as (select * from {{ ref("int_experiment_population") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

members as (
    select
        population.population,
        population.user_id,
        population.as_of_date,
        experiments.outcome_event_type,
        {{ add_days(
            "population.as_of_date",
            "coalesce(experiments.horizon_days, " ~ var("horizon_days") ~ ")"
        ) }} as matured_date
    from population
    inner join experiments
        on population.population = experiments.experiment
    where not population.is_scoring_date
),

outcomes as (
    select
        members.population,
        members.user_id,
        members.as_of_date,
        max(case when activity.user_id is null then 0 else 1 end) as conversions
    from members
    inner join as_of_dates
        on as_of_dates.is_scoring_date
        and members.matured_date <= as_of_dates.as_of_date
    left join activity
        on members.user_id = activity.user_id
        and members.outcome_event_type = activity.event_type
        and members.as_of_date < activity.activity_date
        and members.matured_date >= activity.activity_date
    group by members.population, members.user_id, members.as_of_date
)

select
    population,
    count(*) as users,
    cast(sum(conversions) as bigint) as conversions
from outcomes
group by population
