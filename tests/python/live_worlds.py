"""Random worlds whose events come in steps, for the tests of live scores."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from conftest import CORE, Scratch
from oracle_checks import Build, write_beside_events
from oracle_events import Row
from pointwise.core.published import FUNCTIONS, PUBLICATION
from pointwise.core.rows import named_rows
from pointwise.live.state import write_state
from pointwise.publishing.files import contents_of, point_to, write_json
from world_files import as_vars, write_events
from worlds import drawn, renamed, worlds

WORLDS = 24
LATER = datetime(2026, 3, 5, 11)  # noqa: DTZ001 -- times in the sources are UTC
STEPS = 5
# What the rest of the people decides, and what evaluation says about a band.
OF_OTHERS = (
    *("rank", "percentile", "band_meaning", "score_meaning"),
    *("conversion_rate", "lower_rate", "upper_rate"),
)
SCORES = "from main.user_scores order by user_id"
POINTS = """
    select points.* from main.score_contributions as points
    semi join main.user_scores using (user_id, as_of_date)
    order by user_id, rule
"""

# Rows of the days up to one again, so many days later: of so many of a hundred people,
# as events of a type if one is given, each so often within a second, as machines do.
LATER_ROWS = """
    copy (
        select events.* replace (
            event_id || '-later-' || copy as event_id,
            occurred_at + to_days($later::int) as occurred_at,
            received_at + to_days($later::int) as received_at,
            coalesce($event_type, event_type) as event_type
        )
        from read_parquet($events) as events cross join range($often) as copies (copy)
        where cast(occurred_at as date) between $day - $days::int + 1 and $day
            and hash(user_id) % 100 < $percent
    ) to '{file}'
"""


def write_later(world: Scratch, file: Path, **what: object) -> None:
    """Write the rows of the days up to one again; see LATER_ROWS."""
    given = {"later": 1, "days": 1, "percent": 100, "often": 1, "event_type": None}
    given["events"] = world.environment["POINTWISE_EVENTS"]
    with duckdb.connect() as connection:
        connection.execute(LATER_ROWS.format(file=file), given | what)


class Stream:
    """Worlds whose events come in steps; the first is what a build knows."""

    def __init__(self, scratch: Scratch, build: Build) -> None:
        self.scratch, self.build = scratch, build
        self.dice = random.Random(build.name)
        strategy = worlds(build.settings, build.shapes())
        found = [renamed(drawn(strategy, n), f"w{n:03}_") for n in range(WORLDS)]
        self.steps: list[list[tuple[int, Row]]] = [[] for _ in range(STEPS)]
        for world in found:
            for row in world.rows:
                self.steps[max(0, self.dice.randrange(-2, STEPS))].append(row)
        for rows in self.steps:
            self.dice.shuffle(rows)
        # In the last step many come again, days later: another as-of date for all.
        self.later = [
            {**row, "occurred_at": LATER, "received_at": None, "event_id": None}
            for _, row in self.steps[1]
            if isinstance(row["occurred_at"], datetime)
        ]
        write_beside_events(scratch, build, found, 1)

    def write(self, step: int) -> None:
        """Write the event files of a step."""
        for number, shape in enumerate(self.build.shapes()):
            named = replace(shape, name=f"{step}-{shape.name}")
            mine = [row for file, row in self.steps[step] if file == number]
            if mine or step == 0:
                write_events(self.scratch.events, named, mine)

        if step == STEPS - 1:
            written_at = LATER + timedelta(days=1)
            shape = replace(self.build.shapes()[0], modified_at=written_at)
            named = replace(shape, name="later.parquet")
            write_events(self.scratch.events, named, self.later)

    def publish(self, name: str = "first") -> None:
        """Build what there is, and publish it as far as live scores read it."""
        scratch, settings = self.scratch, as_vars(self.build.settings)
        scratch.build(*CORE, "int_event_readers", "--vars", settings)
        folder = scratch.published / "generations" / f"20260101T000000000000-{name}"
        folder.mkdir(parents=True)
        with duckdb.connect(str(scratch.warehouse)) as warehouse:
            for mart in ("user_scores", "score_contributions", "score_groups"):
                path = folder / f"{mart}.parquet"
                warehouse.execute(f"copy main.{mart} to '{path}'")
            write_state(warehouse, scratch.published, folder.name)
        facts = {"id": folder.name, "published_at": "2026-01-01", "record": []}
        (folder / FUNCTIONS).touch()
        write_json(folder / PUBLICATION, {**facts, "files": contents_of(folder)})
        point_to(scratch.published / "current", f"generations/{folder.name}")

    def expected(self) -> tuple[list[dict], list[tuple]]:
        """Return what the last build says: scores, and points."""
        with self.scratch.connect() as warehouse:
            scores = named_rows(warehouse.execute(SCORES))
            points = warehouse.execute(POINTS).fetchall()
        return [without_others(row) for row in scores], points


def without_others(row: dict) -> dict:
    """Return a score without what the rest of the people decides."""
    return {name: value for name, value in row.items() if name not in OF_OTHERS}
