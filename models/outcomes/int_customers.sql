-- One row per user who ever had the one-time outcome, with its first day; empty where
-- the outcome is repeatable.
with

activity as (select * from {{ ref("int_user_daily_activity") }})

select
    user_id,
    min(activity_date) as customer_since_date
from activity
where
    event_type = '{{ var("outcome_event_type") }}'
    and {{ "not true" if var("outcome_is_repeatable") else "true" }}
group by user_id
