-- One row per list and person whom it offered: what your side said from the day after
-- the list to the end of its horizon, and whether the outcome came in it.
{{ config(materialized="view") }}
{%- set horizon = whole_var("horizon_days") %}
{%- set verdicts = verdict_terms().names %}
with

worklist as (select * from {{ ref("worklist") }}),

activity as (select * from {{ ref("int_activity_today") }}),

outcome_days as (select * from {{ ref("int_outcome_days") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

recorded as ({{ recorded_worklists() }}),

offered as (
    select * from recorded
    union
    select
        user_id,
        as_of_date,
        band
    from worklist
),

offers as (
    select
        offered.user_id,
        offered.as_of_date,
        min(offered.band) as band,
        any_value(coalesce(persons_today.person_id, offered.user_id)) as person_id,
        {{ add_days("offered.as_of_date", horizon) }} as horizon_end_date
    from offered
    left join persons_today
        on offered.user_id = persons_today.user_id
    group by offered.user_id, offered.as_of_date
),

outcomes as (
    select
        offers.user_id,
        offers.as_of_date,
        {{ is_enough("sum(outcome_days.events)", "sum(outcome_days.amount)") }}
            as is_converted
    from offers
    inner join outcome_days
        on offers.person_id = outcome_days.person_id
        and offers.as_of_date < outcome_days.activity_date
        and offers.horizon_end_date >= outcome_days.activity_date
    group by offers.user_id, offers.as_of_date
)

select
    offers.user_id,
    offers.as_of_date,
    offers.band,
    offers.horizon_end_date,
    {% for verdict in verdicts %}
        coalesce(bool_or(activity.event_type = '{{ verdict }}'), false)
            as is_{{ verdict }},
    {% endfor %}
    coalesce(bool_or(outcomes.is_converted), false) as is_converted
from offers
left join activity
    on offers.person_id = activity.person_id
    and offers.as_of_date < activity.activity_date
    and offers.horizon_end_date >= activity.activity_date
    and activity.event_type in ({{ sql_values(verdicts) }})
left join outcomes
    on offers.user_id = outcomes.user_id
    and offers.as_of_date = outcomes.as_of_date
group by
    offers.user_id, offers.as_of_date, offers.band, offers.horizon_end_date
