-- Why a user's score changed between two as-of dates: the changes of all builds in
-- between, summed by cause and rule, in whole points that add up:
-- from why_changed_between('u42', date '2026-10-01', date '2026-11-01');
{{
    config(
        materialized="table_function",
        parameters=["wanted_user_id", "since_date", "until_date"],
    )
}}

with

score_changes as (select * from {{ ref("score_changes") }}),

changes as (
    select *
    from score_changes
    where user_id = wanted_user_id
),

ends as (
    select
        max(published_at) filter (where as_of_date <= since_date) as since_time,
        max(published_at) filter (where as_of_date <= until_date) as until_time
    from changes
),

changes_between as (
    select changes.*
    from changes
    inner join ends
        on changes.published_at <= ends.until_time
        and changes.published_at > coalesce(ends.since_time, timestamp '0001-01-01')
),

lines as ({{ change_lines("changes_between") }})

select
    cause,
    points,
    score_so_far,
    reason
from lines
order by line
