-- Who is scored as of which date, by a used event in the look-back or by attributes.
with

activity as (select * from {{ ref("int_user_daily_activity") }}),

customers as (select * from {{ ref("int_customers") }}),

excluded as (select * from {{ ref("int_excluded_users") }}),

dates as (select * from {{ ref("int_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

traces as (
    select
        activity.user_id,
        dates.as_of_date,
        true as counts_unlinked,
        max(activity.activity_date) as last_activity_date,
        bool_or(activity.is_named) as is_named
    from dates
    inner join activity
        on {{ in_look_back("activity.activity_date", "dates.as_of_date") }}
        and {{ is_known("activity", "dates.known_by_date") }}
    where activity.event_type = '*' or {{ is_outcome("activity.event_type") }}
    group by activity.user_id, dates.as_of_date
    union all
    select
        user_attributes.user_id,
        dates.as_of_date,
        dates.is_of_everyone as counts_unlinked,
        cast(null as date) as last_activity_date,
        true as is_named
    from user_attributes
    inner join dates on coalesce(user_attributes.valid_from <= dates.as_of_date, true)
),

persons as (
    select
        coalesce(links.person_id, traces.user_id) as user_id,
        traces.as_of_date,
        max(traces.last_activity_date) as last_activity_date,
        bool_or(traces.is_named or links.person_id is not null) as is_named,
        bool_or(links.person_id is not null) as has_several_ids
    from traces
    left join links
        on traces.as_of_date = links.as_of_date and traces.user_id = links.user_id
    where traces.counts_unlinked or links.person_id is not null
    group by coalesce(links.person_id, traces.user_id), traces.as_of_date
)

select
    persons.user_id,
    persons.as_of_date,
    dates.is_scoring_date,
    dates.known_by_date,
    dates.is_backfilled,
    dates.is_of_everyone,
    persons.last_activity_date is not null as has_activity,
    dates.is_snapshot and persons.last_activity_date is not null and row_number() over (
        partition by persons.as_of_date, persons.last_activity_date is not null
        order by md5(persons.user_id), persons.user_id
    ) <= {{ var("snapshot_max_users") }} as is_in_snapshot,
    persons.last_activity_date,
    persons.is_named,
    persons.has_several_ids,
    customers.user_id is not null as is_customer
from persons
inner join dates on persons.as_of_date = dates.as_of_date
anti join excluded
    on persons.user_id = excluded.user_id
    and persons.as_of_date = excluded.as_of_date
left join customers
    on persons.user_id = customers.user_id
    and persons.as_of_date = customers.as_of_date
qualify dates.is_of_everyone or is_in_snapshot
