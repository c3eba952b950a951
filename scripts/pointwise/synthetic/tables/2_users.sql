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
    select 3, 'known by name', count(known_at) from hidden_users
    union all
    select 4, 'known by attributes only', count(*)
    from known_users
    where user_id not in (select user_id from events where user_id is not null)
    union all
    select 5, 'of a company with others', count(*)
    from hidden_users
    where account_id in (
        select account_id from hidden_users group by account_id having count(*) > 1
    )
    union all
    select 6, 'staff', count(*) from hidden_users where kind = 'staff'
    union all
    select 7, 'test accounts', count(*) from hidden_users where kind = 'test'
    union all
    select 8, 'of a competitor', count(*) from hidden_users where kind = 'competitor'
    union all
    select 9, 'scripts', count(*) from hidden_users where kind = 'script'
)

select
    label as "user",
    format('{:,}', users) as "users",
    percent(users, max(users) over ()) as "share"
from lines
order by position
