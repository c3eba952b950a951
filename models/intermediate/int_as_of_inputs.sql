-- One row per as-of date, with a fingerprint of all that feature values as of it come
-- from: its users, who is who, the event files of its days, profiles and catalogue.
-- While it stays the same, so do they.
with

users as (select * from {{ ref("int_user_as_of_dates") }}),

links as (select * from {{ ref("int_person_links") }}),

file_days as (select * from {{ ref("int_event_file_days") }}),

user_attributes as (select * from {{ ref("stg_user_attributes") }}),

features as (select * from {{ ref("features") }}),

users_by_date as (
    select
        as_of_date,
        {{ sum_of_hashes("user_id", "known_by_date") }} as users
    from users
    group by as_of_date
),

links_by_date as (
    select
        as_of_date,
        {{ sum_of_hashes("user_id", "person_id") }} as links
    from links
    group by as_of_date
),

files_by_day as (
    select
        activity_date,
        {{ sum_of_hashes("file_days.*") }} as files
    from file_days
    group by activity_date
),

files_by_date as (
    select
        users_by_date.as_of_date,
        sum(files_by_day.files) as files
    from users_by_date
    inner join files_by_day
        on {{ in_look_back("files_by_day.activity_date", "users_by_date.as_of_date") }}
    group by users_by_date.as_of_date
),

profiles as (
    select {{ sum_of_hashes("user_attributes.*") }} as profiles from user_attributes
),

catalogue as (
    select
        {{ sum_of_hashes(
            "feature", "event_type", "measure", "window_days", "half_life_days"
        ) }} as hash
    from features
)

select
    users_by_date.as_of_date,
    md5(
        concat_ws(
            ' ',
            users_by_date.users,
            coalesce(links_by_date.links, 0),
            coalesce(files_by_date.files, 0),
            coalesce(profiles.profiles, 0),
            coalesce(catalogue.hash, 0)
        )
    ) as inputs_version
from users_by_date
left join links_by_date
    on users_by_date.as_of_date = links_by_date.as_of_date
left join files_by_date
    on users_by_date.as_of_date = files_by_date.as_of_date
cross join profiles
cross join catalogue
