"""Write synthetic events and users to try the project on.

    python scripts/generate_events.py --users 2000 --days 180 --seed 42

Users have a hidden intent that drives how often they come, and what they do when they
do. The same seed writes the same files.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from common import PROJECT, PointwiseError, console, run
from faker import Faker

# Event name, share of a session's events at average intent, growth of its odds with a
# unit of intent.
BEHAVIOUR = [
    ("page_view", 0.46, -0.2),
    ("search", 0.08, 0.0),
    ("pricing_page_view", 0.06, 0.7),
    ("careers_page_view", 0.008, -0.6),
    ("document_downloaded", 0.02, 0.4),
    ("chat_started", 0.008, 0.6),
    ("signup", 0.006, 0.5),
    ("demo_requested", 0.003, 1.1),
    ("calendar_booked", 0.0015, 1.3),
    ("feature_used", 0.16, 0.3),
    ("core_feature_used", 0.06, 0.6),
    ("email_opened", 0.09, 0.1),
    ("email_clicked", 0.02, 0.3),
    ("email_unsubscribed", 0.0015, -0.4),
    ("subscription_started", 0.0006, 1.5),
]
NAMES = np.array([name for name, _, _ in BEHAVIOUR])
TIMED = np.isin(NAMES, ["feature_used", "core_feature_used"])
HOUR_WEIGHTS = np.array(
    [1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 13, 16, 18, 18, 16, 12, 9, 8, 7, 6, 4, 2],
    dtype=float,
)
WEEKDAY_WEIGHTS = np.array([1.0, 1.05, 1.05, 1.0, 0.9, 0.35, 0.35])
LAST_DAY = np.datetime64("2026-06-28")


def draw_users(count: int, seed: int, random: np.random.Generator) -> pa.Table:
    """Return a row a user with coarse profile attributes from small pools."""
    faker = Faker()
    faker.seed_instance(seed)
    pools = {
        "country": ["United States", "United Kingdom", "Germany", "France", "India"],
        "city": sorted({faker.city() for _ in range(40)}),
        "industry": ["Software", "Finance", "Healthcare", "Retail", "Education"],
        "company_size": ["1-10", "11-50", "51-200", "201-1000", "1001+"],
        "job_level": ["Staff", "Manager", "Director", "Executive"],
        "device": ["desktop", "mobile", "tablet"],
    }
    columns = {"user_id": user_ids(np.arange(count))}
    for name, pool in pools.items():
        columns[name] = np.array(pool)[random.integers(0, len(pool), count)]
    return pa.table(columns)


def draw_events(count: int, days: int, random: np.random.Generator) -> pa.Table:
    """Return events of `count` users over `days` days, in the order of their arrival.

    Sessions a user are Poisson with a gamma rate that grows with intent; events a
    session geometric; gaps within a session log-normal, in seconds.
    """
    intent = random.normal(0, 1, count)
    rate = random.gamma(0.6, 12, count) * np.exp(0.3 * intent) * days / 180
    user = np.repeat(np.arange(count), random.poisson(rate + 0.2))
    sessions = len(user)
    day_weights = WEEKDAY_WEIGHTS[(np.arange(days) + weekday(days)) % 7]
    day = random.choice(days, sessions, p=day_weights / day_weights.sum())
    hour = random.choice(24, sessions, p=HOUR_WEIGHTS / HOUR_WEIGHTS.sum())
    start = day * 86400 + hour * 3600 + random.integers(0, 3600, sessions)
    size = random.geometric(0.2, sessions)
    session = np.repeat(np.arange(sessions), size)
    gaps = random.lognormal(3.5, 1.0, len(session))
    elapsed = np.cumsum(gaps)
    elapsed -= np.repeat(elapsed[np.cumsum(size) - size], size)
    seconds = np.minimum(start[session] + elapsed.astype(np.int64), days * 86400 - 1)

    shares = np.array([share for _, share, _ in BEHAVIOUR])
    growth = np.array([slope for _, _, slope in BEHAVIOUR])
    weights = shares * np.exp(np.outer(intent, growth))
    cumulative = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    kind = (random.random(len(session))[:, None] > cumulative[user[session]]).sum(
        axis=1
    )
    kind = np.minimum(kind, len(NAMES) - 1)

    occurred_at = (LAST_DAY - (days - 1)).astype("M8[us]") + seconds.astype("m8[s]")
    late = random.random(len(session)) < 0.02
    delay = np.where(late, random.integers(86400, 10 * 86400, len(session)), 5)
    duration = np.where(
        TIMED[kind], random.lognormal(4, 1, len(session)).round(1), np.nan
    )
    order = np.argsort(occurred_at + delay.astype("m8[s]"), kind="stable")
    table = pa.table(
        {
            "event_id": np.char.add("e", np.arange(len(session)).astype(str)),
            "user_id": user_ids(user[session]),
            "occurred_at": occurred_at,
            "event_type": NAMES[kind],
            "received_at": occurred_at + delay.astype("m8[s]"),
            "session_id": np.char.add("s", session.astype(str)),
            "duration_seconds": pa.array(duration, from_pandas=True),
        }
    )
    return with_faults(table.take(order), random)


def with_faults(events: pa.Table, random: np.random.Generator) -> pa.Table:
    """Return the events with 1.5 % delivered twice and 0.3 % malformed."""
    again = np.flatnonzero(random.random(len(events)) < 0.015)
    faulty = random.random(len(events))
    user_id = pa.compute.if_else(pa.array(faulty < 0.0015), None, events["user_id"])
    occurred_at = pa.compute.if_else(
        pa.array((faulty >= 0.0015) & (faulty < 0.003)), None, events["occurred_at"]
    )
    broken = events.set_column(1, "user_id", user_id)
    broken = broken.set_column(2, "occurred_at", occurred_at)
    return pa.concat_tables([broken, broken.take(again)])


def user_ids(numbers: np.ndarray) -> np.ndarray:
    """Return user ids of a fixed width, so that they sort as they count."""
    return np.char.add("u", np.char.zfill(numbers.astype(str), 6))


def weekday(days: int) -> int:
    """Return the weekday of the first day, Monday being 0 (1970-01-01 a Thursday)."""
    return int((LAST_DAY - (days - 1)).astype(int) + 3) % 7


def write_world(out: Path, events: pa.Table, users: pa.Table) -> int:
    """Write a Parquet file a month of arrival, and the users; return the files."""
    folder = out / "events"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    month = events["received_at"].to_numpy().astype("M8[M]")
    for value in np.unique(month):
        part = events.filter(pa.array(month == value))
        pq.write_table(part, folder / f"{value}.parquet", compression="zstd")
    pq.write_table(users, out / "users.parquet", compression="zstd")
    return len(np.unique(month))


def main() -> None:
    """Read the command line, draw a world and write it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=2000, help="how many users (2000)")
    parser.add_argument("--days", type=int, default=180, help="how many days (180)")
    parser.add_argument(
        "--seed", type=int, default=42, help="same seed, same files (42)"
    )
    parser.add_argument("--out", type=Path, default=PROJECT / "data" / "raw")
    arguments = parser.parse_args()
    if arguments.users < 1 or arguments.days < 1:
        raise PointwiseError("--users and --days must be at least 1")
    random = np.random.default_rng(arguments.seed)
    users = draw_users(arguments.users, arguments.seed, random)
    events = draw_events(arguments.users, arguments.days, random)
    try:
        files = write_world(arguments.out, events, users)
    except OSError as error:
        raise PointwiseError(f"cannot write to {arguments.out}: {error}") from error
    console.print(
        f"Wrote {len(events):,} events of {arguments.users:,} users"
        f" in {files} files to {arguments.out}/events."
    )


if __name__ == "__main__":
    run(main)
