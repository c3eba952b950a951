-- Why a user's score is what it is and was not before: the last change, cause by cause,
-- in whole points that add up to it: from why_changed('u42');
{{ config(materialized="table_function", parameters=["wanted_user_id"]) }}

with

score_changes as (select * from {{ ref("score_changes") }}),

changes as (
    select *
    from score_changes
    where user_id = wanted_user_id
),

changes_numbered as (
    select
        *,
        row_number() over (order by published_at desc) as change_number
    from changes
),

last_change as (
    select * from changes_numbered
    where change_number = 1
),

lines as (
    {{ change_lines("last_change") }}
)

select
    cause,
    points,
    score_so_far,
    reason
from lines
order by line
