"""Event sets of any size for the benchmark: the same arguments, the same rows.

Sessions of one to fifteen events (eight on average) over ninety days, a Parquet file a
day; most users come a few times, a tenth of them make half of the sessions, and ten
machines come all the time. One row in a hundred is delivered twice, one in a thousand
cannot be used, and one in two hundred has an event name that nobody mapped.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

DAYS = 90
FIRST_DAY = date(2026, 1, 1)
EVENTS_PER_SESSION = 8
EVENTS_PER_USER = 100

# Parts in a thousand of all events; what is left of the thousand is not mapped.
EVENT_TYPES = {
    "page_view": 420,
    "feature_used": 170,
    "search": 110,
    "core_feature_used": 100,
    "pricing_page_view": 60,
    "email_opened": 50,
    "email_clicked": 25,
    "document_downloaded": 20,
    "careers_page_view": 15,
    "chat_started": 10,
    "signup": 8,
    "demo_requested": 3,
    "calendar_booked": 2,
    "email_unsubscribed": 1,
    "subscription_started": 1,
}

EVENTS_OF_A_DAY = """
with

sessions as (
    select
        cast({day} as bigint) * 1000000000 + range as session_number,
        cast(hash(session_number * 3 + 1) >> 1 as bigint) as dice,
        case
            when dice % 200 = 0 then dice // 200 % 10
            else cast(floor({users} * power(hash(session_number) / 1.8446744073709552e19, 2.2)) as bigint)
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
    cross join unnest(range(cast(1 + sessions.dice // 100000000 % 15 as bigint))) as numbers (number)
),

delivered as (
    from numbered
    union all
    from numbered where dice // 50 % 100 = 7
)

select
    printf('%016x', hash(event_number)) as event_id,
    case when dice // 7000 % 1000 <> 3 then 'u' || hash(user_number) % 100000000000 end as user_id,
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
"""

USERS = """
select
    'u' || hash(range) % 100000000000 as user_id,
    ['United States', 'Germany', 'United Kingdom', 'France', 'India'][1 + range % 5] as country,
    'city ' || hash(range + 1) % 200 as city,
    ['Software', 'Finance', 'Education', 'Retail', 'Health'][cast(1 + hash(range * 3) % 5 as bigint)] as industry,
    ['1-10', '11-50', '51-200', '201-1000', '1001+'][cast(1 + hash(range * 5) % 5 as bigint)] as company_size,
    ['junior', 'senior', 'manager', 'executive'][cast(1 + hash(range * 7) % 4 as bigint)] as job_level,
    ['desktop', 'mobile', 'tablet'][1 + range % 3] as device
from range({users})
"""


def event_type_case() -> str:
    """Return SQL that turns a throw of the dice into an event name."""
    branches, below = [], 0
    for event_type, parts in EVENT_TYPES.items():
        below += parts
        branches.append(f"when dice // 17 % 1000 < {below} then '{event_type}'")
    return f"case {' '.join(branches)} else 'heartbeat' end"


def write_day(connection: duckdb.DuckDBPyConnection, path: Path, events: int, day: int) -> None:
    """Write about so many events of one day to a file."""
    day_of_year = FIRST_DAY + timedelta(days=day)
    weight = 0.4 if day_of_year.weekday() >= 5 else 1.24
    query = EVENTS_OF_A_DAY.format(
        day=day,
        date=day_of_year,
        users=max(events // EVENTS_PER_USER, 100),
        sessions=int(events * weight / DAYS / EVENTS_PER_SESSION),
        event_type=event_type_case(),
    )
    connection.execute(f"copy ({query}) to '{path}' (format parquet, compression zstd)")


def write_event_set(folder: Path, events: int) -> None:
    """Write about so many events in ninety files, and a users file beside them."""
    (folder / "events").mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for day in range(DAYS):
            write_day(connection, folder / "events" / f"{FIRST_DAY + timedelta(days=day)}.parquet", events, day)
        users = USERS.format(users=max(events // EVENTS_PER_USER, 100))
        connection.execute(f"copy ({users}) to '{folder}/users.parquet' (format parquet)")
