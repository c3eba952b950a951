-- Events of one day; placeholders in braces are filled in by event_set.py.
with

sessions as (
    select
        cast({day} as bigint) * 1000000000 + range as session_number,
        cast(hash(session_number * 3 + 1) >> 1 as bigint) as dice,
        case
            when dice % 200 = 0 then dice // 200 % 10
            else cast(
                floor({users} * power(hash(session_number) / 1.8446744073709552e19, 2.2))
                as bigint
            )
        end as user_number,
        dice // 1000 % 79200 as started_second
    from range({sessions})
),

numbered as (
    select
        session_number * 16 + number as event_number,
        cast(hash(event_number * 5 + 2) >> 1 as bigint) as dice,
        user_number,
        session_number,
        started_second + number * 45 + dice % 40 as second
    from sessions
    cross join
        unnest(range(cast(1 + sessions.dice // 100000000 % 15 as bigint)))
            as numbers (number)
),

delivered as (
    from numbered
    union all
    from numbered where dice // 50 % 100 = 7
)

select
    printf('%016x', hash(event_number)) as event_id,
    case
        when dice // 7000 % 1000 <> 3
            then 'u' || user_number * 40692001 % 99999999977
    end as user_id,
    timestamp '{date}' + second * interval 1 second as occurred_at,
    {event_type} as event_type,
    occurred_at + (dice // 3 % 20) * interval 1 second as received_at,
    's' || session_number as session_id,
    '/page/' || dice // 11 % 500 as page_path,
    cast(dice // 13 % 240 as double) as duration_seconds,
    ['direct', 'search', 'email', 'social'][1 + session_number * 7 // 3 % 4] as channel,
    ['desktop', 'mobile', 'tablet'][1 + user_number % 3] as device,
    ['US', 'DE', 'GB', 'FR', 'IN'][1 + user_number % 5] as country
from delivered
order by second, event_number
