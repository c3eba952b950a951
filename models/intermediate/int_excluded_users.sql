-- One row per person and as-of date on which exclusions.csv leaves the person out, with
-- the first by name that holds for an id of theirs, by the attributes last known.
with

exclusions as (select * from {{ ref("exclusions") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

as_of_dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

ids as (
    select user_id from activity
    where 'user_id' in (select exclusions.attribute from exclusions)
    union
    select user_id from user_attributes
    union
    select user_id from links
    union
    select person_id from links
),

values_of_users as (
    select * from user_attributes
    union all by name
    select
        user_id,
        'user_id' as attribute,
        user_id as value
    from ids
),

judged as (
    select
        values_of_users.*,
        exclusions.exclusion,
        case
            when exclusions.pattern is not null
                then regexp_matches(values_of_users.value, exclusions.pattern)
            when exclusions.attribute = 'user_id'
                then values_of_users.value = exclusions.equals
            else lower(values_of_users.value) = lower(exclusions.equals)
        end as is_excluded
    from values_of_users
    inner join exclusions
        on values_of_users.attribute = exclusions.attribute
    qualify
        bool_or(is_excluded) over (
            partition by values_of_users.user_id, exclusions.exclusion
        )
),

known as (
    select
        judged.user_id,
        as_of_dates.as_of_date,
        judged.exclusion,
        max_by(
            judged.is_excluded, coalesce(judged.valid_from, date '0001-01-01')
        ) as is_excluded
    from judged
    inner join as_of_dates
        on coalesce(judged.valid_from <= as_of_dates.as_of_date, true)
    group by judged.user_id, as_of_dates.as_of_date, judged.exclusion
)

select
    coalesce(links.person_id, known.user_id) as user_id,
    known.as_of_date,
    min(known.exclusion) as exclusion
from known
left join links
    on known.as_of_date = links.as_of_date
    and known.user_id = links.user_id
where known.is_excluded
group by coalesce(links.person_id, known.user_id), known.as_of_date
