"""Write a synthetic world whose truth is known.

    pointwise generate
    pointwise generate --users 20000 --days 365 --seed 7 --out /tmp/world
    pointwise generate --one-more-day

Events, users and the truth about them. The same arguments write the same bytes. Events
go to OUT/events, a file a month of delivery; what is known about the users to
OUT/users.parquet, and which other ids are theirs to OUT/links.parquet; what nobody can
know to OUT/truth, for evaluation only. `pointwise describe` shows what came out.

--one-more-day adds the day after the last one to the world in OUT: a file of what
arrives on it. The other files of events stay as they are.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from time import perf_counter

import click
import numpy as np
import pyarrow as pa
from click.core import ParameterSource

from pointwise.core.command_line import DAY, PATH, Whole, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import PATHS, PROJECT, home, path_setting, world_folder
from pointwise.core.terminal import console, progress_bar
from pointwise.core.words import counted
from pointwise.synthetic import truth
from pointwise.synthetic.calendar import Calendar, calendar_to
from pointwise.synthetic.delivered import (
    EVENT_SCHEMA,
    MARK_SCHEMA,
    EventTables,
    Inbox,
)
from pointwise.synthetic.folder import (
    TableWriter,
    keep_times,
    manifest,
    replaced_world,
    write_table,
)
from pointwise.synthetic.links import links
from pointwise.synthetic.outcomes import HORIZON_DAYS
from pointwise.synthetic.population import attribute_columns
from pointwise.synthetic.world import Block, World

# In the past, and such that 180 days hold the six default snapshots with their whole
# look-back: nothing has to be known about the time before the first day.
LAST_DATE = date(2026, 6, 28)
FEWEST_DAYS = 2 * HORIZON_DAYS  # Holds a draw date with its horizon, whatever the end.
WRITERS = 2  # Files written at the same time.
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
        "added_days": calendar.added_days,
        "seed": seed,
        "format": format,
    }
    with (
        replaced_world(out, description) as folder,
        progress_bar("Generating", world.steps + len(calendar.files)) as step,
    ):
        blocks = world.simulate(inbox.receive, step)
        write_users(folder / f"users.{format}", world, blocks)
        write_table(
            folder / f"links.{format}",
            links(world, [block.first_sightings for block in blocks]),
        )
        write_table(
            folder / "truth/probabilities.parquet", truth.probabilities(world, blocks)
        )
        write_table(folder / "truth/effects.parquet", truth.effects(blocks))
        write_table(folder / "truth/users.parquet", truth.users(world, blocks))
        write_table(folder / "truth/ids.parquet", truth.ids(world, blocks))
        written = write_events(folder, world, inbox, format, step)
        keep_times(folder, out)
    return written


def write_events(
    folder: Path, world: World, inbox: Inbox, format: str, step: Callable[[], None]
) -> int:
    """Write the files of events, and what is true of their rows; count these."""
    tables = EventTables(world)
    written = 0

    def write_file(number: int) -> tuple[int, list[pa.Table]]:
        file = f"events/{world.calendar.files[number]}.{format}"
        rows, marks = 0, []
        with TableWriter(folder / file, EVENT_SCHEMA) as writer:
            for part in inbox.take_file(number):
                writer.write(tables.table(part))
                marks.append(tables.marks(part, file, rows))
                rows += len(part.number)
        return rows, marks

    # Most of the work is done outside Python, so that threads help.
    with (
        TableWriter(folder / "truth/rows.parquet", MARK_SCHEMA) as writer,
        ThreadPoolExecutor(WRITERS) as threads,
    ):
        for rows, marks in threads.map(write_file, range(len(world.calendar.files))):
            written += rows
            for table in marks:
                writer.write(table)
            step()
    return written


def write_users(path: Path, world: World, blocks: list[Block]) -> None:
    """Write what is known about the users, except of those of whom nothing is."""
    columns = attribute_columns(world.users, world.companies, world.pools)
    table = pa.table({"user_id": world.user_ids[: world.size], **columns})
    known_at = np.concatenate([block.sightings.known_at for block in blocks])
    is_known = world.users.has_attributes & (known_at < world.calendar.end)
    write_table(path, table.filter(pa.array(is_known)))


@command(__doc__, makes_home=True)
@click.option(
    "--users", type=Whole(1, MOST_USERS), default=2000, help="How many (2000)."
)
@click.option(
    "--days",
    type=Whole(FEWEST_DAYS, MOST_DAYS),
    default=180,
    help="How many (180).",
)
@click.option("--seed", type=Whole(0), default=42, help="Any number from 0 (42).")
@click.option("--out", type=PATH, help="The folder to write to (data/raw).")
@click.option(
    "--format",
    type=click.Choice(["parquet", "csv"]),
    default="parquet",
    help="Of events and users (parquet).",
)
@click.option("--end", type=DAY, default=LAST_DATE, help=f"The last day ({LAST_DATE}).")
@click.option("--one-more-day", is_flag=True, help="Add the next day to the world.")
@click.pass_context
def main(
    context: click.Context,
    users: int,
    days: int,
    seed: int,
    out: Path | None,
    format: str,
    end: date,
    one_more_day: bool,
) -> None:
    """Write the world, or one more day of it."""
    if one_more_day:
        for name in ("users", "days", "seed", "format", "end"):
            if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
                raise PointwiseError(
                    f"--{name} does not go with --one-more-day: the world has its own"
                )
        add_day(out or world_folder())
        return
    if not EARLIEST_END <= end <= LATEST_END:
        raise PointwiseError(f"--end must be from {EARLIEST_END} to {LATEST_END}")
    write(out or world_folder(), users, days, seed, format, end)
    panel = path_setting("POINTWISE_CONTROL")
    if out is None and home() and not any(panel.glob("*.csv")):
        shutil.copytree(PROJECT / PATHS["POINTWISE_CONTROL"].in_project, panel)


def add_day(out: Path) -> None:
    """Add the next day to the world in a folder, and say what it is.

    Raises PointwiseError if there is no world, or none that can go on.
    """
    known = manifest(out)
    if known is None:
        raise PointwiseError(
            f"there is no world in {out}: run pointwise generate first"
        )
    try:
        first_date, days = date.fromisoformat(known["first_date"]), known["days"]
        calendar = Calendar(first_date, days, known.get("added_days", 0) + 1)
        users, seed, format = known["users"], known["seed"], known["format"]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise PointwiseError(
            f"the world in {out} is not whole: run pointwise generate again"
        ) from error
    if calendar.all_days > MOST_DAYS:
        raise PointwiseError(f"a world has at most {MOST_DAYS} days")
    written(out, users, calendar, seed, format)


def write(out: Path, users: int, days: int, seed: int, format: str, end: date) -> None:
    """Write a world, and say what it is.

    Raises PointwiseError if it cannot be written.
    """
    written(out, users, calendar_to(end, days), seed, format)


def written(out: Path, users: int, calendar: Calendar, seed: int, format: str) -> None:
    """Write a world to a calendar, and say what it is."""
    started = perf_counter()
    try:
        rows = generate(out, users, calendar, seed, format)
    except OSError as error:
        reason = error.strerror or error
        raise PointwiseError(f"cannot write to {out}: {reason}") from error
    seconds = perf_counter() - started
    console.print(
        f"Wrote {counted(rows, 'event')} of {counted(users, 'user')}"
        f" from {calendar.first_date} to {calendar.last_date} to {out}"
        f" in {seconds:.1f} s.",
        markup=False,
    )
