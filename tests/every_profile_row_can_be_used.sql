{{
    config(
        severity="warn",
        alias="unusable_profile_rows",
        schema="internal",
        store_failures_as="view",
    )
}}

-- Every row of the users files can be used. Those that cannot count for nothing: a day
-- that cannot be read must not become "holds always".
with

user_rows as (select * from {{ ref("base_user_rows") }})

select
    quarantine_reason,
    count(*) as profile_rows,
    min(user_id) as example_user_id,
    min(file) as example_file
from user_rows
where
    quarantine_reason = 'unreadable valid_from'
    or (quarantine_reason is not null and file_row is null)
group by quarantine_reason
