-- One row per user, step of re-scoring and feature of the panel of before that has a
-- value. At step 1 attributes have none: their points are those that were published.
with

rescored_users as (select * from {{ ref("int_rescored_users") }}),

previous_panel as (select * from {{ ref("int_previous_panel") }}),

activity as (select * from {{ ref("int_previous_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

{% set keys = ["user_id", "step"] %}
features as ({{ panel_rows("previous_panel", "features") }}),

ages as ({{ whole_numbers(var("look_back_days")) }}),

feature_weights as ({{ feature_weights("features", "ages") }}),

later_steps as (
    select * from rescored_users
    where step > 1
),

activity_in_window as (
    {{ activity_in_window(
        "later_steps", "activity", "feature_weights", keys, "events_until_date"
    ) }}
),

numbers as ({{ feature_numbers("activity_in_window", keys) }}),

users_as_of_now as (
    select
        user_id,
        step,
        attributes_as_of_date as as_of_date
    from later_steps
),

attributes_as_of as (
    {{ attributes_as_of("users_as_of_now", "user_attributes", "features", keys) }}
),

later_values as ({{ feature_values("numbers", "attributes_as_of", keys) }}),

first_values as (
    select * from later_values
    where step = 2 and text_value is null
)

select
    user_id,
    step,
    feature,
    value,
    undecayed_value,
    text_value
from later_values
union all
select
    user_id,
    1 as step,
    feature,
    value,
    undecayed_value,
    text_value
from first_values
