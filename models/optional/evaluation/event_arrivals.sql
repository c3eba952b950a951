{{ config(schema="main", meta={"published_order": "event_type"}) }}

-- One row per event type: how many events in the look-backs of examples were received
-- after the snapshot, by those who converted and in all. That more came late for those
-- than for others, of events as old, says that they are dated before they happened.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

examples as (select * from {{ ref("training_examples") }}),

members as (select * from {{ ref("int_person_ids") }}),

days as (
    select
        examples.as_of_date,
        examples.user_id,
        examples.is_converted,
        activity.event_type,
        {{ days_between("activity.activity_date", "examples.as_of_date") }} as age_days,
        sum(if({{ is_known("activity") }}, activity.events, 0)) as all_events,
        all_events - sum(
            if({{ is_known("activity", "examples.as_of_date") }}, activity.events, 0)
        ) as late_events
    from examples
    left join members
        on examples.as_of_date = members.as_of_date
        and examples.user_id = members.person_id
    inner join activity
        on coalesce(members.user_id, examples.user_id) = activity.user_id
        and {{ in_look_back("activity.activity_date", "examples.as_of_date") }}
    where activity.event_type <> '*'
    group by
        examples.as_of_date, examples.user_id, examples.is_converted,
        activity.event_type, activity.activity_date
),

with_expected as (
    select
        *,
        all_events * coalesce(
            sum(case when not is_converted then late_events end) over of_age / nullif(
                sum(case when not is_converted then all_events end) over of_age, 0
            ), 0
        ) as expected_events
    from days
    window of_age as (partition by event_type, age_days)
),

persons as (
    select
        event_type,
        is_converted,
        sum(all_events) as all_events,
        sum(late_events) as all_late_events,
        sum(late_events - expected_events) as excess
    from with_expected
    group by as_of_date, user_id, is_converted, event_type
)

select
    event_type,
    cast(sum(all_events) as bigint) as events,
    cast(sum(all_late_events) as bigint) as late_events,
    {{ rate("sum(all_late_events)", "sum(all_events)") }} as late_share,
    {{ rate("sum(all_late_events) filter (where is_converted)",
            "sum(all_events) filter (where is_converted)") }} as converters_late_share,
    coalesce(
        sum(excess) filter (where is_converted)
        >= greatest(
            0.1 * sum(all_events) filter (where is_converted),
            4 * sqrt(sum(excess * excess) filter (where is_converted))
        ),
        false
    ) and sum(all_late_events) > 0 as is_back_dated
from persons
group by event_type
