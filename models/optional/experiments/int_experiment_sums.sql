-- One row per experiment, arm, band, stratum and day on which outcomes are known.
with

persons as (select * from {{ ref("int_experiment_persons") }}),

activity as (select * from {{ ref("int_activity_today") }}),

outcomes as (
    select
        persons.*,
        exists(
            select 1 from activity
            where
                activity.person_id = persons.person_id
                and activity.event_type = persons.outcome_event_type
                and activity.activity_date > persons.assigned_date
                and activity.activity_date
                <= least(persons.matured_date, persons.as_of_date)
        ) as is_converted
    from persons
)

select
    experiment,
    arm,
    band,
    stratum,
    matured_date,
    as_of_date,
    is_matured,
    count(*) as assigned_users,
    count(*) filter (where is_analysed) as users,
    count(*) filter (where is_analysed and is_converted) as conversions,
    cast(coalesce(sum(score) filter (where is_analysed), 0) as bigint) as score_sum,
    cast(coalesce(sum(score * score) filter (where is_analysed), 0) as bigint)
        as score_squares_sum,
    cast(
        coalesce(sum(score) filter (where is_analysed and is_converted), 0) as bigint
    ) as converted_score_sum
from outcomes
group by experiment, arm, band, stratum, matured_date, as_of_date, is_matured
