-- One row per as-of date and id of a person who has several, the person's own included.
{{ config(materialized="view") }}

with

links as (select * from {{ ref("int_person_links") }})

select
    as_of_date,
    person_id,
    user_id
from links
union
select
    as_of_date,
    person_id,
    person_id as user_id
from links
