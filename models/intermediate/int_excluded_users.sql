-- Whom exclusions.csv leaves out as of which date, by the first that holds: for an id
-- of the person, or for what came last of an attribute under any of their ids.
with

exclusions as (select * from {{ ref("exclusions") }}),

excluded_values as (select * from {{ ref("int_excluded_values") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

judged as (
    select
        exclusions.exclusion,
        user_attributes.user_id,
        user_attributes.valid_from,
        user_attributes.changed_at,
        excluded_values.value is not null as is_excluded
    from user_attributes
    inner join exclusions on user_attributes.attribute = exclusions.attribute
    left join excluded_values
        on exclusions.exclusion = excluded_values.exclusion
        and user_attributes.value = excluded_values.value
    union all
    select
        exclusion,
        value as user_id,
        null as valid_from,
        null as changed_at,
        true as is_excluded
    from excluded_values
    where attribute = 'user_id'
),

-- Of nobody else can one hold, whatever their other ids say.
suspects as (
    select
        judged.exclusion,
        {{ unnested(list_of(["judged.user_id", "links.person_id"])) }} as person_id
    from judged
    left join links on judged.user_id = links.user_id
    where judged.is_excluded
),

known as (
    select
        coalesce(links.person_id, judged.user_id) as person_id,
        dates.as_of_date,
        judged.exclusion,
        judged.is_excluded
    from judged
    inner join dates on coalesce(judged.valid_from <= dates.as_of_date, true)
    left join links
        on dates.as_of_date = links.as_of_date and judged.user_id = links.user_id
    semi join suspects
        on judged.exclusion = suspects.exclusion
        and coalesce(links.person_id, judged.user_id) = suspects.person_id
    qualify
        row_number() over (
            partition by
                coalesce(links.person_id, judged.user_id), dates.as_of_date,
                judged.exclusion
            order by
                judged.valid_from desc nulls last, judged.changed_at desc nulls last,
                links.person_id is not null, judged.user_id
        ) = 1
)

select
    person_id as user_id,
    as_of_date,
    min(exclusion) as exclusion
from known
where is_excluded
group by person_id, as_of_date
