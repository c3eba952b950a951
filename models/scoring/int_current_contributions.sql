-- The contributions at the scoring date: one row per user and rule that gave points.
{{ config(materialized="view") }}

with

contributions as (select * from {{ ref("score_contributions") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }})

select
    contributions.user_id,
    contributions.as_of_date,
    contributions.rule,
    contributions.rule_group,
    contributions.points,
    contributions.value,
    contributions.reason
from contributions
inner join as_of_dates
    on contributions.as_of_date = as_of_dates.as_of_date
    and as_of_dates.is_scoring_date
