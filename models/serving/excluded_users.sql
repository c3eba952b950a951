{{ config(materialized="table", meta={"published_order": "user_id"}) }}

-- One row per user who is left out of scores and lists on the scoring date, and why: by
-- exclusions.csv, or since bot_rules.csv took all that the id did for a machine's.
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

excluded as (select * from {{ ref("int_excluded_users") }}),

machines as (select * from {{ ref("int_machine_events") }}),

scored as (select * from {{ ref("int_user_as_of_dates") }}),

exclusions as (select * from {{ ref("exclusions") }}),

scoring_date as (
    select as_of_date from as_of_dates
    where is_scoring_date
),

by_exclusion as (
    select
        excluded.user_id,
        excluded.as_of_date,
        excluded.exclusion as rule,
        exclusions.reason
    from excluded
    inner join scoring_date
        on excluded.as_of_date = scoring_date.as_of_date
    inner join exclusions
        on excluded.exclusion = exclusions.exclusion
),

by_machine as (
    select
        machines.user_id,
        scoring_date.as_of_date,
        min(machines.rule) as rule,
        'Machine' as reason
    from machines
    inner join scoring_date
        on {{ in_look_back("machines.activity_date", "scoring_date.as_of_date") }}
    left join scored
        on machines.user_id = scored.user_id
        and scoring_date.as_of_date = scored.as_of_date
    left join by_exclusion
        on machines.user_id = by_exclusion.user_id
    where scored.user_id is null and by_exclusion.user_id is null
    group by machines.user_id, scoring_date.as_of_date
)

select * from by_exclusion
union all
select * from by_machine
