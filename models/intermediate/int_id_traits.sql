-- One row per id and what is known about it: each attribute that its profile rows give,
-- since when, and the id itself as the attribute `user_id`.
{{ config(materialized="view") }}

with

activity as (select * from {{ ref("int_user_daily_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

members as (select * from {{ ref("int_person_ids") }}),

ids as (
    select user_id from activity
    where {{ is_seen_by_day("event_type") }}
    union
    select user_id from user_attributes
    union
    select user_id from members
)

select
    user_id,
    attribute,
    value,
    valid_from,
    changed_at
from user_attributes
union all
select
    user_id,
    'user_id' as attribute,
    user_id as value,
    null as valid_from,
    null as changed_at
from ids
