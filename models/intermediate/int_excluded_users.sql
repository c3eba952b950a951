-- Whom exclusions.csv leaves out as of which date, by the first that holds: for an id
-- of the person, or for what came last of an attribute under any of their ids.
with

exclusions as (select * from {{ ref("exclusions") }}),

traits as (select * from {{ ref("int_id_traits") }}),

dates as (select * from {{ ref("int_as_of_dates") }}),

members as (select * from {{ ref("int_person_ids") }}),

judgements as (
    select
        traits.*,
        exclusions.exclusion,
        case
            when exclusions.pattern is not null
                then {{ matches("traits.value", "exclusions.pattern") }}
            when traits.attribute = 'user_id' then traits.value = exclusions.equals
            else lower(traits.value) = lower(exclusions.equals)
        end as is_excluded
    from traits
    inner join exclusions on traits.attribute = exclusions.attribute
),

judged as (
    select * from judgements
    where is_excluded or attribute <> 'user_id'
),

-- Of nobody else can one hold, whatever their other ids say.
suspects as (
    select distinct
        coalesce(others.user_id, judged.user_id) as user_id,
        judged.exclusion
    from judged
    left join members on judged.user_id = members.user_id
    left join members as others
        on members.as_of_date = others.as_of_date
        and members.person_id = others.person_id
    where judged.is_excluded
),

known as (
    select
        coalesce(members.person_id, judged.user_id) as person,
        dates.as_of_date,
        judged.exclusion,
        judged.is_excluded
    from judged
    semi join suspects
        on judged.user_id = suspects.user_id and judged.exclusion = suspects.exclusion
    inner join dates on coalesce(judged.valid_from <= dates.as_of_date, true)
    left join members
        on dates.as_of_date = members.as_of_date and judged.user_id = members.user_id
    qualify
        row_number() over (
            partition by
                coalesce(members.person_id, judged.user_id), dates.as_of_date,
                judged.exclusion
            order by
                judged.valid_from desc nulls last, judged.changed_at desc nulls last,
                nullif(judged.user_id, coalesce(members.person_id, judged.user_id))
                nulls first
        ) = 1
)

select
    person as user_id,
    as_of_date,
    min(exclusion) as exclusion
from known
where is_excluded
group by person, as_of_date
