# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""The warehouse says what the oracle says, on 240 random worlds in five builds.

A difference is named by world, user, day and rule. To look into one, note its build and
draw that world alone: `drawn(worlds(settings, shapes), number)`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from conftest import CORE, Scratch
from oracle import Expected, expect
from oracle_events import Activity, EventFile, Panel, Row, Settings
from oracle_points import Value
from world_files import (
    AFTER,
    ATTRIBUTES,
    LAST_DAY,
    FileShape,
    as_vars,
    write_events,
    write_panel,
    write_users,
)
from world_panels import common_panels, joined
from worlds import drawn, renamed, worlds

WORLDS_PER_BUILD = 48
NOT_COUNTS = ("attribute", "days_since_last")


@dataclass(frozen=True)
class Build:
    """One set of settings and files for many worlds."""

    name: str
    settings: Settings
    is_text: bool = False
    has_valid_from: bool = False

    def shapes(self) -> list[FileShape]:
        """The event files.

        One was written early: what it tells of later is refused unless it says when
        it was received.
        """
        early = datetime(2026, 2, 16, 23)
        return [
            FileShape("a.parquet", AFTER, self.is_text),
            FileShape("b.parquet", early, self.is_text),
            FileShape("bare.parquet", AFTER, self.is_text, is_bare=True),
            FileShape("extra's.parquet", AFTER, self.is_text, has_extra=True),
            FileShape("zones.parquet", AFTER, self.is_text, not self.is_text),
        ]


def ages(*days: int) -> tuple[date, ...]:
    return tuple(LAST_DAY - timedelta(days=age) for age in days)


BUILDS = [
    Build("plain", Settings(user_attributes=ATTRIBUTES)),
    Build(
        "berlin",
        Settings(
            user_attributes=ATTRIBUTES,
            time_zone="Europe/Berlin",
            look_back_days=30,
            outcome_is_repeatable=True,
            horizon_days=7,
            snapshot_every_days=7,
            snapshot_count=3,
        ),
        is_text=True,
        has_valid_from=True,
    ),
    Build(
        "new_york",
        Settings(
            user_attributes=ATTRIBUTES,
            time_zone="America/New_York",
            as_of_date=LAST_DAY - timedelta(days=7),
            look_back_days=45,
            earliest_event_date=date(2025, 12, 20),
            horizon_days=1,
            snapshot_every_days=10,
            snapshot_max_users=20,
        ),
        has_valid_from=True,
    ),
    Build(
        "kolkata",
        Settings(
            user_attributes=ATTRIBUTES,
            time_zone="Asia/Kolkata",
            as_of_date=LAST_DAY + timedelta(days=3),
            look_back_days=60,
            snapshot_dates=ages(-3, 0, 14, 45, 90, 91, 400),
        ),
        is_text=True,
    ),
    Build(
        "kiritimati",
        Settings(
            user_attributes=ATTRIBUTES,
            time_zone="Pacific/Kiritimati",
            look_back_days=14,
            outcome_is_repeatable=True,
            snapshot_every_days=3,
            snapshot_count=2,
        ),
    ),
]


@dataclass
class Outcome:
    """What a build made of its worlds, and what it should have made of them."""

    build: Build
    scratch: Scratch
    panel: Panel
    expected: Expected


@pytest.fixture(scope="module", params=range(len(BUILDS)), ids=[b.name for b in BUILDS])
def outcome(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Outcome:
    """Forty-eight worlds built, and asked of the oracle."""
    build = BUILDS[request.param]
    scratch = Scratch(tmp_path_factory.mktemp(build.name))
    strategy = worlds(build.settings, build.shapes())
    numbers = range(request.param * 100, request.param * 100 + WORLDS_PER_BUILD)
    found = [renamed(drawn(strategy, n), f"w{n:03}_") for n in numbers]
    common = drawn(common_panels(build.settings), request.param)
    panel = joined([common, *(world.panel for world in found)])
    files = write_event_files(scratch, build, [row for w in found for row in w.rows])
    users = [user for world in found for user in world.users]
    if not build.has_valid_from:
        users = [{**user, "valid_from": None} for user in users]
    write_users(scratch.folder / "users.parquet", users, build.has_valid_from)
    write_panel(scratch.folder / "panel", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    scratch.build(*CORE, "--vars", as_vars(build.settings))
    return Outcome(build, scratch, panel, expect(files, users, panel, build.settings))


def write_event_files(
    scratch: Scratch, build: Build, rows: list[tuple[int, Row]]
) -> list[EventFile]:
    """Write the rows of all worlds, in no order, to their files."""
    random.Random(build.name).shuffle(rows)
    return [
        write_events(
            scratch.events, shape, [row for file, row in rows if file == number]
        )
        for number, shape in enumerate(build.shapes())
    ]


def assert_same(outcome: Outcome, what: str, found: dict, expected: dict) -> None:
    """Fail with the first few cells that differ, each in a line."""
    lines = [
        f"  {world_of(key)}: {' '.join(map(str, key))}:"
        f" the warehouse says {found.get(key)}, the oracle {expected.get(key)}"
        + hint(outcome.panel, key)
        for key in sorted({*found, *expected}, key=repr)
        if found.get(key) != expected.get(key)
    ]
    assert not lines, f"{len(lines)} {what} differ in build {outcome.build.name}:\n" + (
        "\n".join(lines[:8])
    )


def world_of(key: tuple) -> str:
    names = [str(part)[:4] for part in key if str(part)[:1] == "w" and "_" in str(part)]
    return f"world {names[0]}" if names else "no world"


def hint(panel: Panel, key: tuple) -> str:
    """The rule and the feature that a key names."""
    rules = [rule for rule in panel.scoring_rules if rule["rule"] in key]
    names = {*key, *(rule["feature"] for rule in rules)}
    features = [row for row in panel.features if row["feature"] in names]
    cells = [
        f"{column}={cell}"
        for row in [*rules, *features]
        for column, cell in row.items()
        if cell is not None and column not in ("rule", "reason", "next_step", "feature")
    ]
    return f" ({', '.join(cells)})" if cells else ""


def quarantine_reasons(outcome: Outcome) -> None:
    rows = outcome.scratch.query(
        "select file, file_row, quarantine_reason from internal.stg_events_quarantined"
    )
    found = {(file, number): reason for file, number, reason in rows}
    assert len(found) == len(rows)
    assert_same(outcome, "reasons", found, outcome.expected.quarantined)


def ledger_lines(outcome: Outcome) -> None:
    statuses = ("used", "duplicate", "machine", "unmapped", "quarantined")
    columns = ", ".join(f"{status}_events" for status in statuses)
    found = Counter()
    for file, day, name, event_type, raw, *counts in outcome.scratch.query(
        "select file, activity_date, source_event, event_type, raw_events, "
        f"{columns} from internal.int_event_ledger"
    ):
        key = (file, day, name, event_type)
        assert raw == sum(counts), key
        for status, count in zip(statuses, counts, strict=True):
            if count:
                found[*key, status] += count
    assert_same(outcome, "lines of the ledger", found, outcome.expected.ledger)


def machines(outcome: Outcome) -> None:
    rows = outcome.scratch.query(
        "select file, file_row, rule from internal.int_machine_events"
    )
    found = {(file, number): rule for file, number, rule in rows}
    assert len(found) == len(rows)
    assert_same(outcome, "events of machines", found, outcome.expected.machines)


def daily_activity(outcome: Outcome) -> None:
    found = {
        tuple(key): measures
        for *key, measures in outcome.scratch.query(
            "select user_id, event_type, activity_date,"
            " (events, sessions, continued_sessions, seconds, amount)"
            " from internal.int_user_daily_activity"
        )
    }

    activity = outcome.expected.activity

    def as_row(user: str, event_type: str, day: date) -> tuple:
        done = activity[user, event_type, day]
        before = activity.get((user, event_type, day - timedelta(days=1)), Activity())
        continued = len(done.sessions & before.sessions)
        return (done.events, len(done.sessions), continued, done.seconds, done.amount)

    expected = {key: as_row(*key) for key in activity}
    assert_same(outcome, "days of activity", found, expected)


def scored_users(outcome: Outcome) -> None:
    expected = outcome.expected
    dates = outcome.scratch.query(
        "select as_of_date, is_scoring_date, is_snapshot from internal.int_as_of_dates"
    )
    scoring_dates = [day for day, is_scoring, _ in dates if is_scoring]
    assert scoring_dates == [expected.scoring_date] * bool(expected.scoring_date)
    snapshots = sorted(day for day, _, is_snapshot in dates if is_snapshot)
    assert snapshots == expected.snapshots
    rows = outcome.scratch.query(
        "select user_id, as_of_date from internal.int_user_as_of_dates"
    )
    assert len(set(rows)) == len(rows)
    wanted = {
        (user, day): True for day, who in expected.population.items() for user in who
    }
    assert_same(outcome, "users as of a date", dict.fromkeys(rows, True), wanted)


def feature_values(outcome: Outcome) -> None:
    measures = {row["feature"]: row["measure"] for row in outcome.panel.features}
    counts = {name for name, measure in measures.items() if measure not in NOT_COUNTS}
    found = {
        (user, day, feature): (text if text is not None else value, plain)
        for user, day, feature, value, plain, text in outcome.scratch.query(
            "select user_id, as_of_date, feature, value, undecayed_value, text_value"
            " from main.user_feature_values"
        )
        if feature not in counts or value or plain  # no row is zero, too
    }
    expected = {
        key: (value.number if value.text is None else value.text, value.undecayed)
        for key, value in outcome.expected.values.items()
        if value != Value()
        and (key[2] not in counts or value.number or value.undecayed)
    }
    assert_same(outcome, "feature values", found, expected)


def feature_mart(outcome: Outcome) -> None:
    measures = {row["feature"]: row["measure"] for row in outcome.panel.features}
    names = ", ".join(measures)
    found = {}
    for user, day, *cells in outcome.scratch.query(
        f"select user_id, as_of_date, {names} from main.user_features"
    ):
        found |= {
            (user, day, name): cell
            for name, cell in zip(measures, cells, strict=True)
            if cell is not None
        }
    expected = {
        key: value.text if value.number is None else float(value.number)
        for key, value in outcome.expected.values.items()
        if value.text is not None or value.number is not None
    }
    assert_same(outcome, "cells of the feature mart", found, expected)


def contributions(outcome: Outcome) -> None:
    rows = outcome.scratch.query(
        "select user_id, as_of_date, rule, points from main.score_contributions"
    )
    found = {(user, day, rule): points for user, day, rule, points in rows}
    assert len(found) == len(rows)
    expected = {
        (user, day, rule): points
        for (user, day), given in outcome.expected.contributions.items()
        for rule, points in given.items()
    }
    assert_same(outcome, "contributions", found, expected)


def labels(outcome: Outcome) -> None:
    rows = outcome.scratch.query(
        "select user_id, as_of_date, is_customer, outcomes, is_converted"
        " from main.user_outcomes"
    )
    assert all((outcomes > 0) == is_converted for *_, outcomes, is_converted in rows)
    found = {
        (user, day): (is_customer, outcomes)
        for user, day, is_customer, outcomes, _ in rows
    }
    assert_same(outcome, "labels", found, outcome.expected.labels)
    examples = outcome.scratch.query(
        "select user_id, as_of_date, is_converted, score from main.training_examples"
    )
    points = outcome.expected.contributions
    assert set(examples) == {
        (user, day, outcomes > 0, sum(points[user, day].values()))
        for (user, day), (is_customer, outcomes) in outcome.expected.labels.items()
        if not is_customer
    }


def scores(outcome: Outcome) -> None:
    columns = (
        "score", "band", "action", "rank", "percentile", "next_step",
        "next_step_points", "is_customer",
    )  # fmt: skip
    found = {
        (user, day, column): cell
        for user, day, *cells in outcome.scratch.query(
            f"select user_id, as_of_date, {', '.join(columns)} from main.user_scores"
        )
        for column, cell in zip(columns, cells, strict=True)
    }
    expected = {
        (user, outcome.expected.scoring_date, column): row[column]
        for user, row in outcome.expected.scores.items()
        for column in columns
    }
    assert_same(outcome, "cells of user_scores", found, expected)


CHECKS = [
    quarantine_reasons,
    ledger_lines,
    machines,
    daily_activity,
    scored_users,
    feature_values,
    feature_mart,
    contributions,
    labels,
    scores,
]


def assert_agrees(outcome: Outcome) -> None:
    """Hold everything the warehouse says of a world to the oracle."""
    for check in CHECKS:
        check(outcome)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_warehouse_says_what_the_oracle_says(
    outcome: Outcome, check: Callable[[Outcome], None]
) -> None:
    check(outcome)


def test_worlds_are_not_dull(outcome: Outcome) -> None:
    """Agreement on nothing would prove nothing."""
    expected = outcome.expected
    statuses = {status for *_, status in expected.ledger}
    assert statuses == {"used", "duplicate", "machine", "unmapped", "quarantined"}
    assert len(set(expected.machines.values())) >= 4
    assert len(set(expected.quarantined.values())) >= 7
    assert len(expected.snapshots) >= 2
    assert len(expected.labels) > 30
    followed = any(outcomes for _, outcomes in expected.labels.values())
    assert followed or outcome.build.settings.horizon_days == 1
    fired = {rule for given in expected.contributions.values() for rule in given}
    assert {"base", "limit"} < fired
    assert len(fired & {rule["rule"] for rule in outcome.panel.scoring_rules}) > 35
    assert len([rule for rule in fired if rule.startswith("cap:")]) >= 5
    assert len({row["score"] for row in expected.scores.values()}) >= 8
