{{
    config(
        materialized="table",
        meta={"published_order": "user_id, person_id, reason"},
    )
}}

-- One row per id that is, or was said to be, another person's, as known at the scoring
-- date: the person, since when that is known, and why the link does not count, if so.
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

verdicts as (select * from {{ ref("int_link_verdicts") }}),

links_as_of as (select * from {{ ref("int_links_as_of") }}),

file_rows as (select * from {{ ref("stg_links") }}),

judged as (
    select * from verdicts
    union all by name
    select * from links_as_of
    where reason is not null
),

links as (
    select judged.* from judged
    inner join as_of_dates
        on judged.as_of_date = as_of_dates.as_of_date
    where as_of_dates.is_scoring_date
    union all by name
    select
        file_rows.user_id,
        file_rows.person_id,
        file_rows.known_from,
        coalesce(file_rows.quarantine_reason, 'known only later') as reason
    from file_rows
    left join as_of_dates
        on as_of_dates.is_scoring_date
    where
        file_rows.quarantine_reason is not null
        or file_rows.known_from > as_of_dates.as_of_date
)

select
    user_id,
    person_id,
    min(known_from) as known_from_date,
    reason,
    count(*) as times
from links
group by user_id, person_id, reason
