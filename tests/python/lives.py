"""States of a world as it lives on, and what the oracle makes of each."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from conftest import NO_TESTS, Scratch
from oracle import Expected, expect, known_of
from oracle_events import EventFile, Panel, Row, Settings
from world_files import (
    AFTER,
    COLUMNS,
    LAST_DAY,
    FileShape,
    write_panel,
    write_raw,
    write_users,
)
from world_panels import panels
from worlds import World, drawn, renamed, worlds

# What keeps people in the highest band.
HOLDS = {"enter_at": 50, "leave_at": 20, "min_days": 10}
WORLDS = 12


@dataclass(frozen=True)
class State:
    """What a build knows: events, profiles, a control panel, and the day to score."""

    rows: list[Row]
    users: list[Row]
    panel: Panel
    day: date

    def build(
        self, scratch: Scratch, *arguments: str, backfill: Sequence[date] = ()
    ) -> None:
        """Write it all and build, without the tests that publishing asks for."""
        write_raw(scratch.events / "a.parquet", self.rows[::2])
        write_raw(scratch.events / "b.parquet", self.rows[1::2])
        write_users(scratch.folder / "users.parquet", self.users, has_valid_from=True)
        write_panel(scratch.folder / "panel", self.panel)
        scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
        settings = {
            "accept_mass_change": True,
            "as_of_date": str(self.day),
            "backfill_dates": [str(day) for day in backfill],
        }
        scratch.build(*(arguments or NO_TESTS), "--vars", repr(settings))


def profile(number: int, dice: random.Random) -> Row:
    """A profile row that begins to hold before, between or after the days scored."""
    return {
        "user_id": f"u{number}",
        "country": dice.choice(["United States", "Japan", None]),
        "industry": dice.choice(["Software", "Finance", "Retail", None]),
        "company_size": dice.choice(["1-10", "51-200", "1001+"]),
        "valid_from": LAST_DAY - timedelta(days=dice.choice([100, 50, 8, 3, -2])),
    }


def corrected(row: Row, dice: random.Random) -> Row:
    """A row as another delivery has it."""
    return {**row, **dice.choice([{"user_id": "u1"}, {"event_type": "search"}])}


def random_worlds() -> tuple[list[World], list[Panel]]:
    """Small worlds with users and a panel of their own, and other panels for them."""
    strategy = worlds(Settings(), [FileShape("a.parquet", AFTER)])
    found, others = [], []
    for number in range(WORLDS):
        prefix = f"w{number:03}_"
        found.append(renamed(drawn(strategy, 900 + number), prefix))
        other = World((), (), (), drawn(panels(Settings()), 950 + number))
        others.append(renamed(other, prefix).panel)
    return found, others


def days_ago(days: int) -> date:
    return LAST_DAY - timedelta(days=days)


def days_before(state: State, *days: int) -> list[date]:
    return [state.day - timedelta(days=count) for count in days]


def scored(state: State, users: list[Row], day: date, panel: Panel) -> Expected:
    """What a build should hold, by the oracle."""
    settings = Settings(as_of_date=day, snapshot_dates=(day,))
    files = [EventFile("all", AFTER, state.rows)]
    return expect(files, users, panel, settings)


def scores(
    state: State, users: list[Row], day: date, panel: Panel, name: str = "intent"
) -> dict[str, int]:
    """Scores of a name by the oracle."""
    expected = scored(state, users, day, panel)
    return {
        user: sum(expected.contributions[user, day][name].values())
        for user in expected.scores
    }


def points(state: State, users: list[Row], day: date, panel: Panel) -> dict[str, dict]:
    """Points of every rule of all scores by user, by the oracle."""
    expected = scored(state, users, day, panel)
    return {
        user: dict(ChainMap(*expected.contributions[user, day].values()))
        for user in expected.scores
    }


def until(state: State, day: date) -> State:
    """The state without what happened after a day."""
    rows = [row for row in state.rows if row["occurred_at"].date() <= day]
    return State(rows, state.users, state.panel, state.day)


def known_by(state: State, day: date) -> State:
    """The state of a past day, without what was received after it."""
    known = until(state, day)
    if day == state.day:
        return known
    times = {id(row): row["received_at"] or row["occurred_at"] for row in known.rows}
    rows = [row for row in known.rows if times[id(row)].date() <= day]
    return State(rows, state.users, state.panel, state.day)


def timeless(users: list[Row], day: date) -> list[Row]:
    """Profiles as of a day, as if they had always been so."""
    names = {row["user_id"] for row in users}
    known = {name: known_of(day, name, users, Settings()) for name in names}
    return [
        {
            "user_id": name,
            **{attribute: value for attribute, (*_, value) in row.items()},
        }
        for name, row in known.items()
        if row
    ]


def causes_by_oracle(
    before: State, after: State, name: str = "intent"
) -> dict[str, list[int]]:
    """The points of each cause to a score, by user, where there are any."""
    then, now = timeless(before.users, before.day), timeless(after.users, after.day)
    day, panel = before.day, before.panel
    known = until(after, min(before.day, after.day))
    was = points(before, then, day, panel)
    # Attributes that gave no points leave no trace, if they are gone.
    names = {row["feature"] for row in panel.features if row["measure"] == "attribute"}
    on_attributes = {r["rule"] for r in panel.scoring_rules if r["feature"] in names}
    kept = {row["user_id"] for row in now}
    traced = [
        row
        for row in then
        if row["user_id"] in kept or was.get(row["user_id"], {}).keys() & on_attributes
    ]
    steps = [
        scores(before, then, day, panel, name),
        scores(until(after, day), traced, day, panel, name),
        scores(until(after, day), now, day, panel, name),
        scores(known, now, after.day, panel, name),
        scores(after, now, after.day, panel, name),
        scores(after, now, after.day, after.panel, name),
    ]
    users = sorted({user for step in steps for user in step})
    causes = {
        user: [
            later.get(user, 0) - earlier.get(user, 0)
            for earlier, later in pairwise(steps)
        ]
        for user in users
    }
    comes_to = points(after, now, after.day, after.panel)
    return {
        user: found
        for user, found in causes.items()
        if any(found) and was.get(user) != comes_to.get(user)
    }


def backfilled(state: State, days: Sequence[date]) -> list[tuple]:
    """Scores of past days with what was known then of a state, by the oracle."""
    return [
        (day, user, score)
        for day in days
        for user, score in scores(
            known_by(state, day), timeless(state.users, day), day, state.panel
        ).items()
    ]


def by_line(panel: Panel) -> dict[str, list[str]]:
    """A panel's lines in an order of their own."""
    return {
        name: sorted(
            repr([row.get(column) for column in COLUMNS[name].split(",")])
            for row in rows
        )
        for name, rows in vars(panel).items()
    }


def bands_by_replay(
    life: Scratch, days: dict[datetime, date]
) -> dict[tuple[str, datetime], str]:
    """The band of each recorded score, by scores recorded before alone.

    `days` are the scoring dates of publications. A score stands until the next one.
    """
    rows = life.query(
        "select user_id, published_at, replaced_at, as_of_date, score, weights_version"
        " from main.user_score_history order by user_id, published_at"
    )
    found = {}
    for user, at, _, day, score, version in rows:
        own = [
            row for row in rows if (row[0], row[5]) == (user, version) and row[1] < at
        ]
        left = [when for _, when, *_, was, _ in own if was < HOLDS["leave_at"]]
        reached = [
            days[until]
            for _, when, until, _, was, _ in own
            if was >= HOLDS["enter_at"] and all(when > other for other in left)
        ]
        is_held = score >= HOLDS["leave_at"] and any(
            (day - until).days < HOLDS["min_days"] for until in reached
        )
        plain = "high" if score >= 50 else "medium" if score >= 25 else "low"
        found[user, at] = "high" if is_held else plain
    return found
