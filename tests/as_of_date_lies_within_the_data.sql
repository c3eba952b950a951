-- Somebody who is scored may have been active: the scoring date is neither before the
-- first used event nor a whole look-back after the last one. Without any event, users
-- are scored by their attributes, on any date.
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

days as (
    select
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from activity
),

verdict as (
    select
        as_of_dates.as_of_date < days.first_date
        or {{ add_days("days.last_date", whole_var("look_back_days")) }}
        <= as_of_dates.as_of_date as is_outside,
        concat(
            'as_of_date ', as_of_dates.as_of_date, ' lies outside the data:',
            ' used events are from ', days.first_date, ' to ', days.last_date,
            '; give a date among these in --vars or dbt_project.yml, or null'
        ) as message
    from as_of_dates
    cross join days
    where as_of_dates.is_scoring_date
)

-- In the condition, since dbt only counts rows and would not look at a column.
select message
from verdict
where case when is_outside then {{ raise_error("message") }} is null else false end
