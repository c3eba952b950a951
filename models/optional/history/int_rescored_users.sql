-- One row per user whose points this build changes and step at which it is scored.
with

changed_contributions as (select * from {{ ref("int_changed_contributions") }}),

rescoring_steps as (select * from {{ ref("int_rescoring_steps") }}),

previous_panel as (select * from {{ ref("int_previous_panel") }}),

activity as (select * from {{ ref("int_previous_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

steps as (
    select
        *,
        max_by(as_of_date, step) over () as attributes_as_of_date
    from rescoring_steps
),

steps_between as (
    select * from steps
    where step between 1 and 4
),

changed_users as (
    select
        user_id,
        min(step) = 0 as was_scored
    from changed_contributions
    group by user_id
    {% if mapping_var("reproduced_publication") %}
        union all
        {{ users_not_published("changed_contributions", "activity", "user_attributes") }}
    {% endif %}
),

attribute_rules as ({{ attribute_rules("previous_panel") }}),

scored as (
    select
        changed_users.user_id,
        steps_between.step
    from changed_users
    inner join activity
        on changed_users.user_id = activity.user_id
        and activity.event_type <> '*'
    inner join steps_between
        on {{ in_look_back("activity.activity_date", "steps_between.as_of_date") }}
        and activity.activity_date <= steps_between.events_until_date
    union
    select
        changed_users.user_id,
        steps_between.step
    from changed_users
    inner join user_attributes
        on changed_users.user_id = user_attributes.user_id
    inner join steps_between
        on (changed_users.was_scored or steps_between.step > 1)
        and coalesce(user_attributes.valid_from, date '0001-01-01')
        <= steps_between.attributes_as_of_date
    union
    -- Attributes that gave points were known, even if they are not any more. Others
    -- leave no trace: who had nothing else, and loses them, counts as late data.
    select
        user_id,
        1 as step
    from changed_contributions
    where step = 0 and rule in (select attribute_rules.rule from attribute_rules)
)

select
    scored.user_id,
    scored.step,
    steps_between.as_of_date,
    steps_between.events_until_date,
    steps_between.attributes_as_of_date
from scored
inner join steps_between
    on scored.step = steps_between.step
