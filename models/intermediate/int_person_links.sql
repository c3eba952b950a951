-- One row per as-of date and id that is known by then to be another person's.
{{ config(materialized="view") }}

with

verdicts as (select * from {{ ref("int_link_verdicts") }})

select
    as_of_date,
    user_id,
    person_id,
    known_from
from verdicts
where reason is null
