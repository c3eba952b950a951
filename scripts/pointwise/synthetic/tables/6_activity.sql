-- Activity of people
with

by_user as (
    select
        count(*) as events,
        count(distinct cast(occurred_at as date)) as days,
        row_number() over (order by count(*), user_id) as position,
        count(*) over () as users
    from people
    group by user_id
),

by_session as (
    select
        count(*) as events,
        epoch(max(occurred_at) - min(occurred_at)) as seconds
    from people
    where session_id is not null
    group by session_id
),

users as (
    select
        median(events) as median_events,
        median(days) as median_days,
        sum(events) filter (where position > 0.9 * users) / sum(events) as top_share,
        2 * sum(position * events) / (max(users) * sum(events))
        - (max(users) + 1) / max(users) as gini
    from by_user
),

sessions as (
    select
        median(events) as median_events,
        avg(events) as mean_events,
        median(seconds) filter (where events > 1) as median_seconds
    from by_session
)

select
    unnest([
        'events a person, median',
        'active days a person, median',
        'share of events of the most active tenth',
        'Gini coefficient of events',
        'events a session, median and mean',
        'length of a session of several events, median'
    ]) as "figure",
    unnest([
        format('{:.0f}', users.median_events),
        format('{:.0f}', users.median_days),
        percent(users.top_share, 1),
        format('{:.2f}', users.gini),
        format('{:.0f}, {:.1f}', sessions.median_events, sessions.mean_events),
        format('{:.0f} s', sessions.median_seconds)
    ]) as "value"
from users
cross join sessions
