-- Whom exclusions.csv leaves out as of which date, by the first that holds: for an id
-- of the person, or for what came last of an attribute under any of their ids.
with

exclusions as (select * from {{ ref("exclusions") }}),

activity as (select * from {{ ref("int_user_daily_activity") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

dates as (select * from {{ ref("int_as_of_dates") }}),

members as (select * from {{ ref("int_person_ids") }}),

ids as (
    select user_id from activity
    where 'user_id' in (select exclusions.attribute from exclusions)
    union
    select user_id from user_attributes
    union
    select user_id from members
),

traits as (
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
        traits.*,
        exclusions.exclusion,
        case
            when exclusions.pattern is not null
                then regexp_matches(traits.value, exclusions.pattern)
            when exclusions.attribute = 'user_id'
                then traits.value = exclusions.equals
            else lower(traits.value) = lower(exclusions.equals)
        end as is_excluded
    from traits
    inner join exclusions
        on traits.attribute = exclusions.attribute
    qualify
        bool_or(is_excluded) over (partition by traits.user_id, exclusions.exclusion)
        or traits.user_id in (select members.user_id from members)
        and traits.attribute <> 'user_id'
),

known as (
    select
        coalesce(members.person_id, judged.user_id) as person,
        dates.as_of_date,
        judged.*
    from judged
    inner join dates
        on coalesce(judged.valid_from <= dates.as_of_date, true)
    left join members
        on dates.as_of_date = members.as_of_date and judged.user_id = members.user_id
    qualify
        row_number() over (
            partition by person, dates.as_of_date, judged.exclusion
            order by
                (judged.attribute = 'user_id' and judged.is_excluded) desc,
                judged.valid_from desc nulls last, judged.changed_at desc nulls last,
                nullif(judged.user_id, person) nulls first
        ) = 1
)

select
    person as user_id,
    as_of_date,
    min(exclusion) as exclusion
from known
where is_excluded
group by person, as_of_date
