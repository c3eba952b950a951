{{
    config(
        schema="main",
        meta={"published_order": "as_of_date, user_id, feature"},
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_touched(ref('int_as_of_inputs'), 'as_of_date') }}",
        post_hook="{{ remember_loaded(ref('int_as_of_inputs')) }}",
    )
}}

-- One row per user, as-of date and feature that has a value. A window of w days is
-- (as_of_date - w, as_of_date]. Features without a row are zero, or, for days since the
-- last time and attributes, unknown. As-of dates of which nothing changed are kept.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

as_of_dates as (select * from {{ ref("int_user_as_of_dates") }}),

feature_weights as (select * from {{ ref("int_feature_weights") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

features as (select * from {{ ref("features") }}),

touched_dates as (
    select * from as_of_dates
    where {{ is_touched(ref("int_as_of_inputs"), "as_of_date") }}
),

activity_in_window as (
    {{ activity_in_window("touched_dates", "activity", "feature_weights") }}
),

numbers as ({{ feature_numbers("activity_in_window") }}),

attributes_as_of as (
    {{ attributes_as_of("touched_dates", "user_attributes", "features") }}
),

feature_values as ({{ feature_values("numbers", "attributes_as_of") }})

select
    user_id,
    as_of_date,
    feature,
    value,
    undecayed_value,
    text_value
from feature_values
