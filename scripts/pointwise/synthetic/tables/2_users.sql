-- Users
with

lines as (
    select
        1 as position,
        'all users' as label,
        count(*) as users
    from hidden_users
    union all
    select 2, 'with events', count(distinct user_id) from events
    union all
    select 3, 'bots', count(*) from hidden_users where is_bot
    union all
    select 4, 'known by attributes only', count(*)
    from known_users
    where user_id not in (select user_id from events)
    union all
    select 5, 'known by events only', count(distinct user_id)
    from events
    where user_id not in (select user_id from known_users)
)

select
    label as "user",
    format('{:,}', users) as "users",
    percent(users, max(users) over ()) as "share"
from lines
order by position
