"""Event sets of any size for the benchmark: the same size, the same rows.

Sessions of one to fifteen events (eight on average) over ninety days, a Parquet file a
day; most users come a few times, a tenth of them make a third of the events, and ten
machines come all the time. One row in a hundred is delivered twice, one in a thousand
cannot be used, and one in two hundred has an event name that nobody mapped.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb

BENCH = Path(__file__).resolve().parent
DAYS = [date(2026, 1, 1) + timedelta(days=day) for day in range(90)]
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


def event_set(folder: Path, events: int) -> Path:
    """Write about this number of events, and users, to a folder, unless it is done."""
    done = folder / "users.parquet"
    if not done.exists():
        (folder / "events").mkdir(parents=True, exist_ok=True)
        for number in range(len(DAYS)):
            write_day(folder / "events" / f"{DAYS[number]}.parquet", events, number)
        users = (BENCH / "users.sql").read_text().format(users=users_of(events))
        write(users, done)
    return folder


def write_day(path: Path, events: int, number: int) -> None:
    """Write one day of a set of a number of events: weekends are quiet."""
    share = 0.4 if DAYS[number].weekday() >= 5 else 1.24
    query = (BENCH / "events_of_a_day.sql").read_text()
    query = query.format(
        day=number,
        date=DAYS[number],
        users=users_of(events),
        sessions=int(events * share / len(DAYS) / EVENTS_PER_SESSION),
        event_type=event_type_case(),
    )
    write(query, path)


def write_late(path: Path, days: list[date]) -> None:
    """Write a late file: one event in a thousand of these days, ids changed."""
    sources = [str(path.parent / f"{day}.parquet") for day in days]
    write(
        "select * replace ('late ' || event_id as event_id)"
        f" from read_parquet({sources}) where hash(event_id) % 1000 = 0",
        path,
    )


def write(query: str, path: Path) -> None:
    """Write the rows of a query to a Parquet file, whole or not at all."""
    with duckdb.connect() as connection:
        connection.execute(
            f"copy ({query}) to '{path}' (format parquet, compression zstd)"
        )


def users_of(events: int) -> int:
    """Return the number of users who make this number of events."""
    return max(events // EVENTS_PER_USER, 100)


def event_type_case() -> str:
    """Return SQL that turns a throw of the dice into an event name."""
    branches, below = [], 0
    for event_type, parts in EVENT_TYPES.items():
        below += parts
        branches.append(f"when dice // 17 % 1000 < {below} then '{event_type}'")
    return f"case {' '.join(branches)} else 'heartbeat' end"
