{{ config(schema="main", meta={"published_order": "as_of_date"}) }}

-- One row per snapshot: who is in it, who is left out, and warnings.
{% set is_known_then = is_known("activity", "as_of_dates.as_of_date") %}
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

user_as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

outcomes as (select * from {{ ref("user_outcomes") }}),

acted_on as (select * from {{ ref("int_acted_on") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

populations as (
    select
        as_of_date,
        count(*) as users
    from user_as_of_dates
    where is_in_snapshot
    group by as_of_date
),

labels as (
    select
        outcomes.as_of_date,
        count(*) filter (where outcomes.is_customer) as customers,
        count(*) filter (where acted_on.reason = 'acted on') as acted_on,
        count(*) filter (where acted_on.reason = 'converted first') as converted_first,
        count(*) - count(acted_on.reason) - customers as examples,
        count(*) filter (where outcomes.is_converted and not (
            outcomes.is_customer or acted_on.reason is not null
        )) as conversions
    from outcomes
    left join acted_on
        on outcomes.user_id = acted_on.user_id
        and outcomes.as_of_date = acted_on.as_of_date
    group by outcomes.as_of_date
),

events as (
    select
        as_of_dates.as_of_date,
        sum(if({{ is_known("activity") }}, activity.events, 0)) as all_events,
        all_events - sum(if({{ is_known_then }}, activity.events, 0)) as late_events
    from as_of_dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "as_of_dates.as_of_date") }}
    where activity.event_type = '*'
    group by as_of_dates.as_of_date
)

select
    as_of_dates.as_of_date,
    as_of_dates.horizon_end_date,
    {{ sql_text(outcome_terms().words) }} as outcome,
    {{ "true" if var("outcome_is_repeatable") else "false" }} as is_repeatable,
    as_of_dates.has_matured,
    as_of_dates.is_judged,
    as_of_dates.has_full_look_back,
    coalesce(populations.users, 0) as users,
    labels.customers,
    labels.acted_on,
    labels.converted_first,
    labels.examples,
    labels.conversions,
    {{ rate("labels.conversions", "labels.examples") }} as conversion_rate,
    {{ wilson_bound("labels.conversions", "labels.examples", "lower") }} as lower_rate,
    {{ wilson_bound("labels.conversions", "labels.examples", "upper") }} as upper_rate,
    {{ rate("events.late_events", "events.all_events") }} as late_event_share
from as_of_dates
left join populations
    on as_of_dates.as_of_date = populations.as_of_date
left join labels
    on as_of_dates.as_of_date = labels.as_of_date
left join events
    on as_of_dates.as_of_date = events.as_of_date
where as_of_dates.is_snapshot
