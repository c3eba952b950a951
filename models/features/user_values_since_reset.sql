-- One row per user, as-of date, group of rules and feature, where an event that resets
-- the group was seen in the look-back: the feature as if nothing had been done up to
-- the day of the last such event, that day included. Attributes are as they are.
{%- set age = days_between("resets.reset_date", "resets.as_of_date") %}
{%- set added = "if(age_days = " ~ age ~ " - 1, first_quantity, quantity)" %}
with

activity as (select * from {{ ref("int_person_activity") }}),

feature_activity as (select * from {{ ref("int_feature_activity") }}),

feature_values as (select * from {{ ref("user_feature_values") }}),

features as (select * from {{ ref("features") }}),

groups as (select * from {{ ref("score_groups") }}),

event_types as (select * from {{ ref("event_types") }}),

reset_types as ({{ reset_types("groups", "event_types") }}),

resets as (
    select
        activity.user_id,
        activity.as_of_date,
        reset_types.rule_group,
        max(activity.activity_date) as reset_date,
        max(concat(activity.activity_date, activity.event_type)) as last_event
    from activity
    inner join reset_types
        on activity.event_type = reset_types.event_type
    where {{ in_look_back("activity.activity_date", "activity.as_of_date") }}
    group by activity.user_id, activity.as_of_date, reset_types.rule_group
),

totals as (
    select
        resets.user_id,
        resets.as_of_date,
        resets.rule_group,
        feature_activity.feature,
        cast({{ feature_total(added ~ " * weight") }} as decimal(28, 9)) as value
    from resets
    inner join feature_activity
        on resets.user_id = feature_activity.user_id
        and resets.as_of_date = feature_activity.as_of_date
        and {{ age }} > feature_activity.age_days
    group by
        resets.user_id,
        resets.as_of_date,
        resets.rule_group,
        feature_activity.feature,
        feature_activity.measure
)

select
    resets.user_id,
    resets.as_of_date,
    resets.rule_group,
    features.feature,
    case
        when features.measure in ('attribute', 'number') then feature_values.value
        when features.measure = 'days_since_last' then totals.value
        else coalesce(totals.value, 0)
    end as value,
    feature_values.text_value,
    resets.reset_date,
    substr(resets.last_event, 11) as reset_event_type
from resets
cross join features
left join totals
    on resets.user_id = totals.user_id
    and resets.as_of_date = totals.as_of_date
    and resets.rule_group = totals.rule_group
    and features.feature = totals.feature
left join feature_values
    on resets.user_id = feature_values.user_id
    and resets.as_of_date = feature_values.as_of_date
    and features.feature = feature_values.feature
