"""Write a synthetic world whose truth is known: events, users and the truth about them.

    python scripts/generate_events.py
    python scripts/generate_events.py --users 20000 --days 365 --seed 7 --out /tmp/world

The same arguments write the same bytes. Events go to OUT/events, a file a month of
delivery; what is known of the users to OUT/users.parquet; what nobody can know to
OUT/truth, for evaluation only. `scripts/describe_events.py` shows what came out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from time import perf_counter

import pyarrow as pa

from common import PROJECT, PointwiseError, console, progress_bar, run
from synthetic import truth
from synthetic.calendar import Calendar, calendar_to
from synthetic.delivered import (
    EVENT_SCHEMA,
    MARK_SCHEMA,
    EventTables,
    Inbox,
    user_ids,
)
from synthetic.folder import TableWriter, replaced_world, write_table
from synthetic.outcomes import HORIZON_DAYS
from synthetic.population import attribute_columns
from synthetic.world import World

# In the past, and such that 180 days hold the six default snapshots with their whole
# look-back: nothing has to be known of the time before the first day.
LAST_DATE = date(2026, 6, 28)
FEWEST_DAYS = 2 * HORIZON_DAYS  # Holds a draw date with its horizon, whatever the end.
WRITERS = 2  # Months written at the same time.
MOST_USERS = 5_000_000
MOST_DAYS = 3_650
EARLIEST_END, LATEST_END = date(2010, 1, 1), date(2200, 1, 1)


def generate(
    out: Path, users: int, calendar: Calendar, seed: int, format: str = "parquet"
) -> int:
    """Write a world into a folder, in place of the world there; return its event rows.

    Raises PointwiseError if the folder holds other files where the world would go.
    """
    world = World(users, calendar, seed)
    inbox = Inbox(calendar)
    description = {
        "users": users,
        "first_date": str(calendar.first_date),
        "days": calendar.days,
        "seed": seed,
        "format": format,
    }
    with (
        replaced_world(out, description) as folder,
        progress_bar("Generating", world.steps + len(calendar.months)) as step,
    ):
        blocks = world.simulate(inbox.receive, step)
        write_users(folder / f"users.{format}", world)
        write_table(
            folder / "truth/probabilities.parquet", truth.probabilities(world, blocks)
        )
        write_table(folder / "truth/effects.parquet", truth.effects(blocks))
        write_table(folder / "truth/users.parquet", truth.users(world, blocks))
        return write_events(folder, world, inbox, format, step)


def write_events(
    folder: Path, world: World, inbox: Inbox, format: str, step: Callable[[], None]
) -> int:
    """Write a file of events a month, and what is true of their rows; count them."""
    tables = EventTables(world)
    written = 0

    def write_month(number: int) -> tuple[int, list[pa.Table]]:
        file = f"events/{world.calendar.months[number]}.{format}"
        rows, marks = 0, []
        with TableWriter(folder / file, EVENT_SCHEMA) as writer:
            for part in inbox.take_month(number):
                writer.write(tables.table(part))
                marks.append(tables.marks(part, file, rows))
                rows += len(part.number)
        return rows, marks

    # Most of the work is done outside Python, so that threads help.
    with (
        TableWriter(folder / "truth/rows.parquet", MARK_SCHEMA) as writer,
        ThreadPoolExecutor(WRITERS) as threads,
    ):
        for rows, marks in threads.map(write_month, range(len(world.calendar.months))):
            written += rows
            for table in marks:
                writer.write(table)
            step()
    return written


def write_users(path: Path, world: World) -> None:
    """Write what is known of the users, except of those of whom nothing is."""
    columns = attribute_columns(world.users, world.pools)
    table = pa.table({"user_id": user_ids(world.size), **columns})
    write_table(path, table.filter(pa.array(world.users.has_attributes)))


def parse_arguments() -> argparse.Namespace:
    """Return the command line, checked.

    Raises PointwiseError if a number is out of range.
    """
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--days", type=int, default=180, help="how many (180)")
    parser.add_argument("--seed", type=int, default=42, help="any number from 0 (42)")
    parser.add_argument(
        "--out",
        type=Path,
        default=PROJECT / "data/raw",
        help="the folder to write to (data/raw)",
    )
    parser.add_argument(
        "--format",
        choices=["parquet", "csv"],
        default="parquet",
        help="of events and users (parquet)",
    )
    parser.add_argument(
        "--end",
        type=date.fromisoformat,
        default=LAST_DATE,
        help=f"the last day ({LAST_DATE})",
    )
    arguments = parser.parse_args()
    if arguments.users < 1 or arguments.days < 1:
        raise PointwiseError("--users and --days must be at least 1")
    if arguments.users > MOST_USERS:
        raise PointwiseError(f"--users must be at most {MOST_USERS}")
    if not FEWEST_DAYS <= arguments.days <= MOST_DAYS:
        raise PointwiseError(f"--days must be from {FEWEST_DAYS} to {MOST_DAYS}")
    if arguments.seed < 0:
        raise PointwiseError("--seed must be 0 or more")
    if not EARLIEST_END <= arguments.end <= LATEST_END:
        raise PointwiseError(f"--end must be from {EARLIEST_END} to {LATEST_END}")
    return arguments


def main() -> None:
    """Read the command line and write the world."""
    arguments = parse_arguments()
    calendar = calendar_to(arguments.end, arguments.days)
    started = perf_counter()
    try:
        rows = generate(
            arguments.out, arguments.users, calendar, arguments.seed, arguments.format
        )
    except OSError as error:
        reason = error.strerror or error
        raise PointwiseError(f"cannot write to {arguments.out}: {reason}") from error
    seconds = perf_counter() - started
    console.print(
        f"Wrote {rows:,} events of {arguments.users:,} users"
        f" from {calendar.first_date} to {arguments.end} to {arguments.out}"
        f" in {seconds:.1f} s.",
        markup=False,
    )


if __name__ == "__main__":
    run(main)
