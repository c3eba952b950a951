"""The way up: the same as of all sets of steps the oracle finds, and true once done."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import CORE, PROJECT, Scratch, last_lines, write_world
from oracle_events import Panel, Row
from oracle_points import given_and_lost, path_of
from world_files import read_panel

DAY = "2026-03-10"
TABLES = {
    "user_scores": (
        "user_id varchar, as_of_date date, score integer, band varchar,"
        " is_customer boolean, is_held_out boolean"
    ),
    "score_contributions": (
        "user_id varchar, as_of_date date, score_name varchar, rule varchar,"
        " rule_group varchar, points bigint"
    ),
    "scoring_rules": (
        "rule varchar, rule_group varchar, feature varchar, max_value decimal(18, 4),"
        " points integer, per decimal(18, 4), max_points integer, next_step varchar"
    ),
    "score_groups": (
        "rule_group varchar, max_points integer, pick_best varchar, score varchar"
    ),
    "score_bands": ("band varchar, min_score integer, score varchar, enter_at integer"),
}
# Of another score, and no way up in intent.
FIT = {
    "scoring_rules": [
        {"rule": "size", "rule_group": "company", "feature": "size", "points": 40,
         "next_step": "growing"},
        {"rule": "place", "rule_group": "company", "feature": "place", "points": 3,
         "next_step": "moving"},
    ],
    "score_groups": [{"rule_group": "company", "max_points": 90, "score": "fit"}],
    "score_bands": [{"band": "good", "min_score": 2, "score": "fit"}],
    "score_contributions": [
        {"score_name": "fit", "rule": "base:fit", "rule_group": "base", "points": 1},
        {"score_name": "fit", "rule": "place", "rule_group": "company", "points": 3},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def small(built: Scratch) -> Iterator[duckdb.DuckDBPyConnection]:
    """The function as it was built, over empty tables."""
    ((database, definition),) = built.query(
        "select database_name, macro_definition from duckdb_functions()"
        " where function_name = 'path_to_band'"
    )
    with duckdb.connect() as connection:
        connection.execute(f'attach \':memory:\' as "{database}"; use "{database}"')
        for name, columns in TABLES.items():
            connection.execute(f"create table {name} ({columns})")
        connection.execute(
            f"create macro path_to_band(wanted_user_id) as table {definition}"
        )
        yield connection


@st.composite
def a_person(draw: st.DrawFn) -> tuple[Panel, dict[str, int], int]:
    """A panel of a few rules, and what these give one person before groups cap.

    With how many bands above that of the score the person is held in.
    """
    groups = [
        {
            "rule_group": f"g{n}",
            "max_points": draw(st.sampled_from([0, 8, 20, 60])),
            "pick_best": draw(st.sampled_from([None, "no", "yes"])),
        }
        for n in range(3)
    ]
    rules = [draw(a_rule(n)) for n in range(draw(st.integers(1, 9)))]
    starts = sorted({1, *draw(st.sets(st.integers(2, 100), max_size=3))})
    bands: list[Row] = [{"band": f"from {s}", "min_score": s} for s in starts]
    for band, above in zip(bands[1:], [*starts[2:], 100], strict=False):
        enters = st.integers(band["min_score"], above)
        band["enter_at"] = draw(st.one_of(st.none(), enters))
    points = {
        rule["rule"]: rule["points"]
        for rule in rules
        if rule["points"] and draw(st.integers(0, 3)) == 0
    }
    return Panel([], [], rules, groups, bands), points, draw(st.sampled_from([0, 0, 1]))


def band_of(score: int, held: int, bands: list[Row]) -> str:
    """The band that a score enters, or one of the `held` above it."""
    entered = [b for b in bands if score >= (b.get("enter_at") or b["min_score"])]
    return bands[min(len(entered) - 1 + held, len(bands) - 1)]["band"]


@st.composite
def a_rule(draw: st.DrawFn, number: int) -> Row:
    """A rule that may be asked for, or not."""
    points = draw(st.sampled_from([-9, 0, 1, 2, 5, 10, 25, 40]))
    per = draw(st.sampled_from([None, None, "0.1", "0.4", "1", "20"]))
    bound = draw(st.sampled_from([None, 6, 30])) if per and points > 0 else None
    is_asked = points >= 0 and draw(st.sampled_from([True, True, False]))
    return {
        "rule": f"r{number}",
        "rule_group": draw(st.sampled_from(["g0", "g1", "g2"])),
        "feature": f"f{draw(st.integers(0, 6))}",
        "max_value": draw(st.sampled_from([None, None, None, Decimal(3)])),
        "points": points,
        "per": per and Decimal(per),
        "max_points": bound,
        "next_step": f"step {number}" if is_asked else None,
    }


def fill(database: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> None:
    """Give a table these rows and no others."""
    names = [
        column.split()[0] for column in TABLES[name].replace("(18, 4)", "").split(", ")
    ]
    database.execute(f"delete from {name}")
    for row in rows:
        marks = ", ".join("?" for _ in names)
        database.execute(
            f"insert into {name} values ({marks})",
            [row.get(column) for column in names],
        )


@given(person=a_person())
@settings(max_examples=250, deadline=None)
def test_the_path_is_the_cheapest_of_all_sets_of_steps(
    small: duckdb.DuckDBPyConnection, person: tuple[Panel, dict[str, int], int]
) -> None:
    panel, points, held = person
    rows = given_and_lost(points, panel)
    score = sum(rows.values())
    band = band_of(score, held, panel.score_bands)
    of_rules = {rule["rule"]: rule["rule_group"] for rule in panel.scoring_rules}
    key = {"user_id": "u1", "as_of_date": DAY}
    fill(small, "user_scores", [
        {**key, "score": score, "band": band, "is_customer": False,
         "is_held_out": False}
    ])  # fmt: skip
    fill(small, "score_contributions", [
        *({**key, "score_name": "intent", "rule": rule, "points": given,
           "rule_group": of_rules.get(rule, rule.removeprefix("cap:"))}
          for rule, given in rows.items()),
        *({**key, **row} for row in FIT["score_contributions"]),
    ])  # fmt: skip
    for name in ("scoring_rules", "score_groups", "score_bands"):
        fill(small, name, [*getattr(panel, name), *FIT[name]])
    *lines, (_, last, reached) = small.execute("from path_to_band('u1')").fetchall()
    path = path_of(points, band, panel)
    steps = {rule["rule"]: rule["next_step"] for rule in panel.scoring_rules}
    assert [step for _, step, _ in lines] == [steps[rule] for rule, _ in path or []]
    # Each line adds to the one before it, and they end in the score that is reached.
    so_far = [score, *(score_so_far for *_, score_so_far in lines)]
    assert so_far == [score, *(after for _, after in path or [])]
    assert [added for added, *_ in lines] == [
        after - before for before, after in itertools.pairwise(so_far)
    ]
    assert last.startswith("Reaches" if path else "No")
    assert reached == (path[-1][1] if path else None)


NOTHING = "Nothing to reach: "
REACHED = (None, "Reaches high, from 35")


def test_nobody_is_asked_for_less_than_was_done_and_customers_for_nothing(
    small: duckdb.DuckDBPyConnection,
) -> None:
    """A booked call is not followed by a click, nor by another call."""
    steps = [("call", 30), ("click", 6), ("trial", 40)]
    fill(
        small,
        "scoring_rules",
        [
            {"rule": name, "rule_group": "g", "feature": name, "points": points,
             "next_step": f"a {name}"}
            for name, points in steps
        ],
    )  # fmt: skip
    fill(small, "score_groups", [{"rule_group": "g", "max_points": 60}])
    fill(small, "score_bands", [
        {"band": "low", "min_score": 1}, {"band": "high", "min_score": 35}
    ])  # fmt: skip
    day = {
        "as_of_date": DAY, "band": "low", "is_customer": False, "is_held_out": False
    }  # fmt: skip
    fill(small, "user_scores", [
        {**day, "user_id": "fresh", "score": 1},
        {**day, "user_id": "caller", "score": 31},
        {**day, "user_id": "customer", "score": 1, "is_customer": True},
        {**day, "user_id": "held out", "score": 1, "is_held_out": True},
        {**day, "user_id": "kept", "score": 31, "band": "high"},
    ])  # fmt: skip
    base = {
        "as_of_date": DAY,
        "score_name": "intent",
        "rule": "base",
        "rule_group": "base",
        "points": 1,
    }
    fill(small, "score_contributions", [
        *({**base, "user_id": name} for name in ("fresh", "caller", "customer")),
        {**base, "user_id": "caller", "rule": "call", "rule_group": "g", "points": 30},
    ])  # fmt: skip
    expected = {
        "fresh": [(40, "a trial", 41), (*REACHED, 41)],
        "caller": [(30, "a trial", 61), (*REACHED, 61)],
        "customer": [(None, f"{NOTHING}a customer already", None)],
        "held out": [(None, f"{NOTHING}held out", None)],
        "kept": [(None, f"{NOTHING}in the highest band", None)],
        "nobody": [(None, f"{NOTHING}not scored", None)],
    }
    for name, lines in expected.items():
        assert small.execute("from path_to_band(?)", [name]).fetchall() == lines, name


def test_who_takes_the_steps_is_in_the_band(built: Scratch, scratch: Scratch) -> None:
    """Scored again by a build, with an event a step on the scoring date."""
    panel = read_panel(PROJECT / "seeds")
    measures = {row["feature"]: row for row in panel.features}
    sources = {row["event_type"]: row["source_event"] for row in panel.event_types}
    events = {
        rule["next_step"]: sources[measures[rule["feature"]]["event_type"]]
        for rule in panel.scoring_rules
        if rule["next_step"] and measures[rule["feature"]]["measure"] == "events"
    }
    as_of_date = built.query("select max(as_of_date) from main.user_scores")[0][0]
    reached, taken = {}, []
    with built.connect() as warehouse:
        for (user,) in warehouse.execute(
            "select user_id from main.user_scores order by md5(user_id) limit 120"
        ).fetchall():
            *lines, (_, last_line, score) = warehouse.execute(
                "from main.path_to_band(?)", [user]
            ).fetchall()
            if lines and all(step in events for _, step, _ in lines):
                reached[user] = (score, last_line)
                taken += [(user, events[step]) for _, step, _ in lines]
    assert len(reached) > 20
    write_world(scratch)
    with duckdb.connect() as connection:
        connection.execute("create table taken (user_id varchar, event_type varchar)")
        connection.executemany("insert into taken values (?, ?)", taken)
        connection.execute(
            "copy (select 'step' || row_number() over () as event_id, *,"
            f" timestamp '{as_of_date} 23:00' as occurred_at from taken)"
            f" to '{scratch.events}/steps.parquet'"
        )
    scratch.build(*CORE, "--vars", f"{{as_of_date: {as_of_date}}}")
    scores = dict(scratch.query("select user_id, score from main.user_scores"))
    for user, (score, last_line) in reached.items():
        assert scores[user] >= score >= int(last_line.rsplit(maxsplit=1)[1]), user


def test_the_command_prints_the_steps(built: Scratch) -> None:
    ((user,),) = built.query(
        "select user_id from main.user_scores"
        " where band = 'low' and not is_customer order by rank limit 1"
    )
    with built.connect() as warehouse:
        *lines, (_, last_line, _) = warehouse.execute(
            "from main.path_to_band(?)", [user]
        ).fetchall()
    result = built.pointwise("explain", "--user", user, "--path")
    assert result.returncode == 0, last_lines(result)
    assert f"low. {last_line}." in result.stdout
    assert all(f"{points:+d}" in result.stdout for points, *_ in lines)
    for arguments in (["--path"], ["--path", "--now", "--user", user]):
        result = built.pointwise("explain", *arguments)
        assert result.returncode == 1
        assert "goes with --user ID, and with nothing else" in result.stderr
