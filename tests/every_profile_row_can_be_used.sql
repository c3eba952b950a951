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

quarantined as (select * from {{ ref("stg_user_attributes_quarantined") }})

select
    quarantine_reason,
    count(*) as profile_rows,
    min(user_id) as example_user_id,
    min(file) as example_file
from quarantined
where file_row is null or quarantine_reason = 'unreadable valid_from'
group by quarantine_reason
