"""The worklist of every day of a drawn month is that of a plain oracle, and fair.

The models' own SQL runs over drawn people, verdicts and hands that are raised; each day
adds to the record what it offered, as publications do.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import Scratch, last_lines
from pointwise.core.statistics.intervals import wilson
from pointwise.core.verdicts import FOR_GOOD, HAND_RAISES, VERDICTS

DAYS = [date(2026, 5, 1) + timedelta(days=n) for n in range(24)]
# Band, capacity of a day, days until somebody is offered again; None is blank.
BANDS = {"high": (3, 5), "medium": (2, None), "low": (None, None)}
BLANK, HAND_DAYS, HORIZON = 28, 7, 14
# The models, and whether they read the record.
MODELS = {
    **{"int_worklist_candidates": True, "worklist": False},
    **{"int_worklist_offers": True, "worklist_results": False},
}
TEXTS = ("action", "reason_1", "reason_2", "reason_3", "next_step", "news")


@pytest.fixture(scope="module")
def sql(default_world: Scratch) -> dict[str, str]:
    """The SQL of the models, over tables of their names, and a table `record`."""
    found = {}
    for model, reads_record in MODELS.items():
        paths = list(default_world.folder.glob(f"target/compiled/**/{model}.sql"))
        if not paths:
            result = default_world.dbt("compile", "-s", *MODELS)
            assert result.returncode == 0, last_lines(result)
            paths = list(default_world.folder.glob(f"target/compiled/**/{model}.sql"))
        text = re.sub(r'"\w+"\."\w+"\."(\w+)"', r"the_\1", paths[0].read_text())
        recorded = re.compile(r"where false\s+(union all by name\s+from read_\S+.*\n)?")
        found[model], count = recorded.subn(
            "where false union all by name from record\n", text
        )
        assert count == reads_record, model
    return found


class World:
    """A month of people whose scores, verdicts and raised hands are drawn."""

    def __init__(self, seed: int, people: int = 40) -> None:
        self.random = np.random.default_rng(seed)
        self.people = [f"u{n:02}" for n in range(people)]
        self.events: list[tuple[str, str, date]] = []
        self.record: list[tuple[str, date, str]] = []
        self.left_out = {user for user in self.people if self.random.random() < 0.1}

    def draw(self, day: date) -> list[dict]:
        """Return everybody's score of a day, best first, and note what happened."""
        for user in self.people:
            if self.random.random() < 0.04:
                kind = str(self.random.choice(list(VERDICTS)))
                self.events.append((user, kind, day))
            if self.random.random() < 0.03:
                self.events.append((user, str(self.random.choice(HAND_RAISES)), day))
        scores = {user: int(self.random.integers(1, 101)) for user in self.people}
        ordered = sorted(self.people, key=lambda user: (-scores[user], user))
        return [
            {
                **dict.fromkeys(TEXTS, "text"),
                **{"user_id": user, "as_of_date": day, "score": scores[user]},
                **{"rank": place, "is_customer": user in self.left_out},
                **{"is_named": True, "is_held_out": False},
                "band": "high" if scores[user] >= 60 else
                "medium" if scores[user] >= 25 else "low",
            }
            for place, user in enumerate(ordered, 1)
        ]  # fmt: skip

    def days(self, user: str, kinds: tuple[str, ...] | list[str]) -> list[date]:
        """Return the days of a person's events of some kinds."""
        return [day for who, kind, day in self.events if who == user and kind in kinds]

    def expected(self, scores: list[dict], day: date) -> list[str]:
        """Return whom the list should have, in its order."""
        candidates: dict[str, list[tuple]] = {}
        for row in scores:
            user, band = row["user_id"], row["band"]
            offers = [d for who, d, _ in self.record if who == user]
            earlier = max((d for d in offers if d < day), default=date.min)
            acted = max(self.days(user, list(VERDICTS)), default=date.min)
            raised = max(self.days(user, HAND_RAISES), default=date.min)
            is_raised = raised > max(day - timedelta(days=HAND_DAYS), acted, earlier)
            rest = day - timedelta(days=BANDS[band][1] or BLANK)
            is_rested = max(acted, earlier) <= rest and not self.days(user, FOR_GOOD)
            is_today = day in offers
            if not row["is_customer"] and (is_raised or is_rested or is_today):
                candidates.setdefault(band, []).append(
                    (not is_today, not is_raised, row["rank"], user, is_rested)
                )
        listed = []
        for band, found in candidates.items():
            for seat, one in enumerate(sorted(found), 1):
                _, not_raised, rank, user, is_rested = one
                if not not_raised or (is_rested and seat <= (BANDS[band][0] or 0)):
                    listed.append((not_raised, rank, user))
        return [user for *_, user in sorted(listed)]


def tables(connection: duckdb.DuckDBPyConnection, world: World, scores: list) -> None:
    """Make the tables that the models read."""
    people = pd.DataFrame(scores)
    bands = pd.DataFrame(
        [(band, *numbers) for band, numbers in BANDS.items()],
        columns=["band", "daily_capacity", "repeat_after_days"],
    ).astype({"daily_capacity": "Int32", "repeat_after_days": "Int32"})
    activity = pd.DataFrame(
        world.events, columns=["person_id", "event_type", "activity_date"]
    )
    record = pd.DataFrame(world.record, columns=["user_id", "as_of_date", "band"])
    shuffled = people.sample(frac=1, random_state=1)
    for name, rows in {
        "user_scores": shuffled, "score_bands": bands, "int_activity_today": activity,
    }.items():  # fmt: skip
        connection.register("rows", rows)
        connection.execute(f"create or replace table the_{name} as from rows")
    connection.execute("alter table the_user_scores alter as_of_date type date")
    connection.execute(
        "alter table the_int_activity_today alter activity_date type date"
    )
    connection.execute(
        "create or replace table record (user_id text, as_of_date date, band text)"
    )
    if len(record):
        connection.register("rows", record)
        connection.execute("insert into record from rows")
    connection.execute(
        "create or replace table the_int_persons_today (user_id text, person_id text)"
    )


def listed(connection: duckdb.DuckDBPyConnection, sql: dict[str, str]) -> pd.DataFrame:
    """Return the list, in its order."""
    make(connection, sql, "int_worklist_candidates")
    return connection.execute(f"from ({sql['worklist']}) order by place").df()


def make(
    connection: duckdb.DuckDBPyConnection, sql: dict[str, str], model: str
) -> None:
    """Make a model."""
    connection.execute(f"create or replace table the_{model} as {sql[model]}")


@pytest.mark.parametrize("seed", range(3))
def test_a_list_holds_its_capacity_and_offers_nobody_twice(
    sql: dict[str, str], seed: int
) -> None:
    world, offered = World(seed), 0
    with duckdb.connect() as connection:
        for day in DAYS:
            scores = world.draw(day)
            tables(connection, world, scores)
            rows = listed(connection, sql)
            users = list(rows["user_id"])
            assert users == world.expected(scores, day), day
            for band, (capacity, days) in BANDS.items():
                of_band = rows[rows["band"] == band]
                raised = int(of_band["is_hand_raise"].sum())
                assert len(of_band) <= max(capacity or 0, raised)
                since = day - timedelta(days=days or BLANK)
                again = {u for u, d, _ in world.record if since < d < day}
                assert not again & set(
                    of_band.loc[~of_band["is_hand_raise"], "user_id"]
                )
            world.record += zip(users, [day] * len(users), rows["band"], strict=True)
            offered += len(users)
            # Made again for the same day, the list is the same.
            tables(connection, world, scores)
            assert list(listed(connection, sql)["user_id"]) == users
            # Whoever is worked on meanwhile leaves it, and nobody comes instead.
            if users:
                world.events.append((users[0], "contacted", day))
                tables(connection, world, scores)
                left = listed(connection, sql)["user_id"]
                assert set(left) == set(users[1:])
                world.events.pop()
    assert offered > 60


def test_the_precision_of_a_list_is_that_of_its_verdicts(sql: dict[str, str]) -> None:
    world = World(7)
    with duckdb.connect() as connection:
        for day in DAYS:
            scores = world.draw(day)
            tables(connection, world, scores)
            rows = listed(connection, sql)
            world.record += zip(
                rows["user_id"], [day] * len(rows), rows["band"], strict=True
            )
        make(connection, sql, "worklist")
        last = max(DAYS)
        bought = [(u, d, 1, 0.0) for u, d, _ in world.record[::3]]
        connection.register("rows", pd.DataFrame(
            [(u, d + timedelta(days=3), n, a) for u, d, n, a in bought],
            columns=["person_id", "activity_date", "events", "amount"],
        ))  # fmt: skip
        connection.execute(
            "create table the_int_outcome_days as select * replace"
            " (activity_date::date as activity_date) from rows"
        )
        connection.execute(
            f"create table the_int_activity_bounds as select date '{last}'"
            " as last_activity_date"
        )
        make(connection, sql, "int_worklist_offers")
        found = connection.execute(sql["worklist_results"]).df()
    lists = found[found["band"].isna()]
    assert len(lists) == len({day for _, day, _ in world.record})
    outcomes = {(u, d + timedelta(days=3)) for u, d, *_ in bought}
    for row in lists.itertuples():
        day = row.as_of_date.date()
        end = day + timedelta(days=HORIZON)
        users = {user for user, d, _ in world.record if d == day}
        said = {
            kind: {
                u for u in users if any(day < d <= end for d in world.days(u, [kind]))
            }
            for kind in VERDICTS
        }
        right = said["connected"] | said["won"]
        judged = right | said["not_a_fit"]
        assert row.people == len(users)
        assert [getattr(row, kind) for kind in VERDICTS] == list(
            map(len, said.values())
        )
        assert (row.right_people, row.judged_people) == (len(right), len(judged))
        if judged:
            low, high = wilson(np.array(len(right)), np.array(len(judged)))
            assert row.precision == pytest.approx(len(right) / len(judged))
            assert row.lower_precision == pytest.approx(float(low), abs=1e-5)
            assert row.upper_precision == pytest.approx(float(high), abs=1e-5)
        else:
            assert pd.isna(row.precision)
        converted = {u for u, d in outcomes if u in users and day < d <= end}
        assert row.has_matured == (end <= last)
        assert pd.isna(row.conversions) or row.conversions == len(converted)
        assert pd.isna(row.conversions) == (end > last)
