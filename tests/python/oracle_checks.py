# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""What a warehouse says, held to what the oracle says: see `test_oracle.py`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from conftest import Scratch
from oracle import Expected, band_of
from oracle_events import Activity, Panel, Row, Settings
from oracle_points import Value, of_score
from world_files import (
    AFTER,
    LAST_DAY,
    FileShape,
    write_links,
    write_panel,
    write_users,
)
from world_panels import OTHERS, common_panels, joined, with_other_scores
from worlds import World, drawn

NOT_COUNTS = ("attribute", "days_since_last")


# A circle, an id that is two people's, and a chain, whatever the worlds have.
PLANTED_LINKS = [
    {"id": user_id, "person_id": person_id, "known_from": LAST_DAY - timedelta(days=20)}
    for user_id, person_id in [
        *(("round 1", "round 2"), ("round 2", "round 1"), ("into 1", "round 1")),
        *(("two 1", "two 2"), ("two 1", "two 3"), ("into 2", "two 1")),
        *((f"chain {n}", f"chain {n + 1}") for n in range(5)),
    ]
]


@dataclass(frozen=True)
class Build:
    """One set of settings and files for many worlds."""

    name: str
    settings: Settings
    is_text: bool = False
    has_valid_from: bool = False
    has_fit: bool = False  # and other scores

    def shapes(self) -> list[FileShape]:
        """The event files.

        One was written early: what it says about later is refused unless it says when
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


@dataclass
class Outcome:
    """What a build made of its worlds, and what it should have made of them."""

    build: Build
    scratch: Scratch
    panel: Panel
    expected: Expected


def write_beside_events(
    scratch: Scratch, build: Build, found: list[World], number: int
) -> tuple[Panel, list[Row], list[Row]]:
    """Write profiles, links and the panel of worlds, all in one; return these.

    What the worlds' panels have in common is drawn by the number.
    """
    common = drawn(common_panels(build.settings), number)
    panel = joined([common, *(world.panel for world in found)])
    if build.has_fit:
        panel = with_other_scores(panel)
    users = [user for world in found for user in world.users]
    if not build.has_valid_from:
        users = [{**user, "valid_from": None} for user in users]
    write_users(scratch.folder / "users.parquet", users, build.has_valid_from)
    links = [*PLANTED_LINKS, *(link for world in found for link in world.links)]
    write_links(scratch.folder / "links.parquet", links, build.is_text)
    write_panel(scratch.folder / "panel", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    return panel, users, links


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
            " (is_named, events, sessions, continued_sessions, seconds, amount)"
            " from internal.int_user_daily_activity"
            " where known_until_date = date '9999-12-31'"
        )
    }
    activity = outcome.expected.activity
    expected = {
        key: (done.is_named, *sums(activity, key)) for key, done in activity.items()
    }
    assert_same(outcome, "days of activity", found, expected)


def daily_activity_by_then(outcome: Outcome) -> None:
    """What was known about each day, on some days."""
    for known_by, activity in outcome.expected.activity_by.items():
        rows = outcome.scratch.query(
            "select user_id, event_type, activity_date,"
            " (is_named, events, sessions, continued_sessions, seconds, amount)"
            " from internal.int_user_daily_activity"
            f" where date '{known_by}' >= known_from_date"
            f" and date '{known_by}' < known_until_date"
        )
        found = {tuple(key): measures for *key, measures in rows}
        assert len(found) == len(rows)
        expected = {
            key: (done.is_named, *sums(activity, key)) for key, done in activity.items()
        }
        assert_same(outcome, f"days as known by {known_by}", found, expected)


def sums(activity: dict[tuple, Activity], key: tuple[str, str, date]) -> tuple:
    """What an id or person did, with the sessions that go on from the day before."""
    user, event_type, day = key
    done = activity[key]
    before = activity.get((user, event_type, day - timedelta(days=1)), Activity())
    continued = len(done.sessions & before.sessions)
    return (done.events, len(done.sessions), continued, done.seconds, done.amount)


def who_is_who(outcome: Outcome) -> None:
    """Whose each id is as of each date, or why a link does not count."""
    expected = outcome.expected
    rows = outcome.scratch.query(
        "select user_id, as_of_date, person_id, reason from internal.int_link_verdicts"
    )
    found = {(user, day): reason or person for user, day, person, reason in rows}
    assert len(found) == len(rows)
    wanted = {
        (user, day): whose
        for day, people in expected.people.items()
        for user, whose in {**people.persons, **people.refused}.items()
    }
    assert_same(outcome, "links", found, wanted)
    rows = outcome.scratch.query(
        "select user_id, as_of_date, reason from internal.int_links_as_of"
        " where reason is not null"
    )
    found = {(user, day): reason for user, day, reason in rows}
    assert len(found) == len(rows)
    wanted = {
        (user, day): reason
        for day, people in expected.people.items()
        for user, reason in people.refused_of_files.items()
    }
    assert_same(outcome, "refused links of files", found, wanted)
    reasons = "select quarantine_reason, count(*) from internal.stg_links group by all"
    found = {why: count for why, count in outcome.scratch.query(reasons) if why}
    assert found == expected.refused_links


def linked_activity(outcome: Outcome) -> None:
    """What people with several ids did in the look-back, sessions counted once.

    On its first day, no session has one before it.
    """
    look_back = outcome.build.settings.look_back_days
    found = {
        tuple(key): measures
        for *key, measures in outcome.scratch.query(
            "select user_id, event_type, activity_date, as_of_date, (events, sessions,"
            " continued_sessions, seconds, amount) from internal.int_person_activity"
            " semi join (select person_id, as_of_date from internal.int_person_ids)"
            " as several on int_person_activity.user_id = several.person_id"
            " and int_person_activity.as_of_date = several.as_of_date"
            f" where as_of_date - activity_date < {look_back - 1}"
        )
    }
    expected = {
        (person, event_type, day, as_of): sums(activity, (person, event_type, day))
        for as_of, activity in outcome.expected.activity_as_of.items()
        for person, event_type, day in activity
        if person in outcome.expected.people[as_of].persons.values()
        and person in outcome.expected.population.get(as_of, {})
        and 0 <= (as_of - day).days < look_back - 1
    }
    assert_same(outcome, "days of linked activity", found, expected)


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
        "select user_id, as_of_date, is_named from internal.int_user_as_of_dates"
    )
    found = {(user, day): is_named for user, day, is_named in rows}
    assert len(found) == len(rows)
    wanted = {
        (person, day): is_named
        for day, who in expected.population.items()
        for person, is_named in who.items()
    }
    assert_same(outcome, "persons as of a date", found, wanted)


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
        "select user_id, as_of_date, score_name, rule, points"
        " from main.score_contributions"
    )
    found = {tuple(key): points for *key, points in rows}
    assert len(found) == len(rows)
    expected = {
        (user, day, score, rule): points
        for (user, day), by_score in outcome.expected.contributions.items()
        for score, given in by_score.items()
        for rule, points in given.items()
    }
    assert_same(outcome, "contributions", found, expected)


def labels(outcome: Outcome) -> None:
    rows = outcome.scratch.query(
        "select user_id, as_of_date, is_customer, outcomes, first_outcome_date,"
        " is_converted from main.user_outcomes"
    )
    assert all((first is not None) == is_converted for *_, first, is_converted in rows)
    found = {(user, day): tuple(label) for user, day, *label, _ in rows}
    assert_same(outcome, "labels", found, outcome.expected.labels)
    examples = outcome.scratch.query(
        "select user_id, as_of_date, is_converted, score from main.training_examples"
    )
    points = outcome.expected.contributions
    assert set(examples) == {
        (user, day, first is not None, sum(points[user, day]["intent"].values()))
        for (user, day), (is_customer, _, first) in outcome.expected.labels.items()
        if not is_customer
    }


def scores(outcome: Outcome) -> None:
    columns = (
        "score", "band", "action", "rank", "percentile", "next_step",
        "next_step_points", "is_customer", "fit_score", "fit_band", "grade",
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


def other_scores(outcome: Outcome) -> None:
    rows = outcome.scratch.query(
        "select user_id, as_of_date, score_name, score, band from main.other_scores"
    )
    found = {tuple(key): (score, band) for *key, score, band in rows}
    expected = {}
    for (user, day), by_score in outcome.expected.contributions.items():
        for name in by_score.keys() - {"intent"}:
            score = sum(by_score[name].values())
            band = band_of(score, of_score(outcome.panel, name))["band"]
            expected[user, day, name] = (score, band)
    assert_same(outcome, "other scores", found, expected)
    named = {row.get("score") for row in outcome.panel.score_groups} - {None}
    assert {name for *_, name in found} == named
    assert not outcome.build.has_fit or named == {*OTHERS}


CHECKS = [
    quarantine_reasons,
    ledger_lines,
    machines,
    daily_activity,
    daily_activity_by_then,
    who_is_who,
    linked_activity,
    scored_users,
    feature_values,
    feature_mart,
    contributions,
    labels,
    scores,
    other_scores,
]


def assert_agrees(outcome: Outcome) -> None:
    """Hold everything the warehouse says about a world to the oracle."""
    with outcome.scratch.connect():
        for check in CHECKS:
            check(outcome)
