{{ config(materialized="table", meta={"published_order": "user_id"}) }}

-- One row per user who is left out of scores and lists on the scoring date, and why: by
-- exclusions.csv, or since bot_rules.csv took all that the ids did for a machine's.
with

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

excluded as (select * from {{ ref("int_excluded_users") }}),

machines as (select * from {{ ref("int_machine_events") }}),

persons_today as (select * from {{ ref("int_persons_today") }}),

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
        coalesce(persons_today.person_id, machines.user_id) as user_id,
        scoring_date.as_of_date,
        min(machines.rule) as rule,
        'Machine' as reason
    from scoring_date
    inner join machines
        on {{ in_look_back("machines.activity_date", "scoring_date.as_of_date") }}
    left join persons_today
        on machines.user_id = persons_today.user_id
    anti join scored
        on coalesce(persons_today.person_id, machines.user_id) = scored.user_id
        and scoring_date.as_of_date = scored.as_of_date
    anti join by_exclusion
        on coalesce(persons_today.person_id, machines.user_id) = by_exclusion.user_id
    group by
        coalesce(persons_today.person_id, machines.user_id), scoring_date.as_of_date
)

select * from by_exclusion
union all
select * from by_machine
