-- One row per row of the users files that cannot be used, and per users file that
-- cannot be read, with the reason.
with

user_rows as (select * from {{ ref("base_user_rows") }})

select
    file,
    file_row,
    user_id,
    quarantine_reason
from user_rows
where quarantine_reason is not null
