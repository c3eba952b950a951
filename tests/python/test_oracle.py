"""The warehouse says what the oracle says, on 240 random worlds in five builds.

A difference is named by world, user, day and rule. To look into one, note its build and
draw that world alone: `drawn(worlds(settings, shapes), number)`.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from conftest import CORE, Scratch
from oracle import Expected, expect
from oracle_checks import CHECKS, Build, Outcome, write_beside_events
from oracle_events import Activity, EventFile, Row, Settings
from world_files import (
    ATTRIBUTES,
    LAST_DAY,
    OUTCOME,
    as_vars,
    write_events,
)
from worlds import drawn, renamed, worlds

WORLDS_PER_BUILD = 48


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
            outcome_event_type={"event_types": [OUTCOME, "login"], "min_events": 2},
            outcome_is_repeatable=True,
            horizon_days=7,
            max_ids_per_person=3,
            snapshot_every_days=7,
            snapshot_count=3,
        ),
        is_text=True,
        has_valid_from=True,
        has_fit=True,
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
            outcome_event_type={"event_types": [OUTCOME, "login"], "min_amount": 2},
            snapshot_dates=ages(-3, 0, 14, 45, 90, 91, 400),
        ),
        is_text=True,
        has_fit=True,
    ),
    Build(
        "kiritimati",
        Settings(
            user_attributes=ATTRIBUTES,
            time_zone="Pacific/Kiritimati",
            look_back_days=14,
            outcome_event_type="*",
            outcome_is_repeatable=True,
            snapshot_every_days=3,
            snapshot_count=2,
        ),
    ),
]


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
    panel, users, links = write_beside_events(scratch, build, found, request.param)
    files = write_event_files(scratch, build, [row for w in found for row in w.rows])
    scratch.build(*CORE, "--vars", as_vars(build.settings))
    expected = expect(files, users, panel, build.settings, links)
    return Outcome(build, scratch, panel, expected)


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


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_warehouse_says_what_the_oracle_says(
    outcome: Outcome, check: Callable[[Outcome], None]
) -> None:
    check(outcome)


def what_is_shared(expected: Expected, day: date) -> set[str]:
    """What several ids of a person had on a day and was put together."""
    people, found = expected.people[day], set()
    for (person, *of_day), done in expected.activity_as_of[day].items():
        ids = people.ids_of(person)
        days = [expected.activity.get((one, *of_day), Activity()) for one in ids]
        if len(done.sessions) < sum(len(each.sessions) for each in days):
            found.add("sessions")
        if done.seconds < sum(each.seconds for each in days):
            found.add("events")
    return found


def test_worlds_are_not_dull(outcome: Outcome) -> None:
    """Agreement on nothing would prove nothing."""
    expected = outcome.expected
    statuses = {status for *_, status in expected.ledger}
    assert statuses == {"used", "duplicate", "machine", "unmapped", "quarantined"}
    assert len(set(expected.machines.values())) >= 3
    assert len(set(expected.quarantined.values())) >= 7
    assert len(expected.snapshots) >= 2
    # Of some days more came later, of some more than once.
    versions = "select count(*) from internal.int_user_daily_activity group by {}"
    keys = "user_id, event_type, activity_date"
    found = [n for (n,) in outcome.scratch.query(versions.format(keys))]
    assert found.count(2) > 20
    assert max(found) > 2
    at_last = expected.people[expected.scoring_date]
    assert len(at_last.persons) > 20
    assert "seen with several people" in at_last.refused.values()
    shared = what_is_shared(expected, expected.scoring_date)
    assert shared >= (
        {"sessions", "events"} if outcome.build.name == "plain" else {"sessions"}
    )
    refused_of_files = {"names two people on one day", "leads in a circle"}
    assert refused_of_files <= set(at_last.refused_of_files.values())
    assert len(expected.labels) > 30
    followed = any(day for _, _, day in expected.labels.values())
    assert followed or outcome.build.settings.horizon_days == 1
    asked = outcome.build.settings.outcome_event_type
    too_few = {n for _, n, day in expected.labels.values() if n and not day}
    assert too_few or not isinstance(asked, dict)
    given = [one for of in expected.contributions.values() for one in of.values()]
    fired = {rule for one in given for rule in one}
    assert {"base", "limit"} < fired
    assert len(fired & {rule["rule"] for rule in outcome.panel.scoring_rules}) > 35
    assert len([rule for rule in fired if rule.startswith("cap:")]) >= 5
    assert len([rule for rule in fired if rule.startswith("reset:")]) >= 2
    # Rules that a better one of their group leaves out.
    left_out = [one for one in given if 0 in one.values()]
    assert len(left_out) > 10
    assert len({row["score"] for row in expected.scores.values()}) >= 8
    grades = {row["grade"] for row in expected.scores.values()}
    assert len(grades) >= 4 if outcome.build.has_fit else grades == {None}
