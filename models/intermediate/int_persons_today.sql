-- One row per id that is known today, at the scoring date, to be another person's.
{{ config(materialized="view") }}

with

links as (select * from {{ ref("int_person_links") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }})

select
    links.user_id,
    links.person_id
from links
inner join as_of_dates
    on links.as_of_date = as_of_dates.as_of_date
where as_of_dates.is_scoring_date
