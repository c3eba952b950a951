"""Every bad setting is named in one line, before anything is built."""

# Cases read best in lines of their own.

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path

import pytest

from conftest import FULL_PARSE, PROJECT, Scratch, last_lines, write_event
from pointwise.core.errors import PointwiseError
from pointwise.core.outcome import outcome_of
from pointwise.core.settings import (
    EVENT_COLUMNS,
    SETTINGS,
    setting_mistakes,
    vars_of_run,
)

WHOLE = [n for n, setting in SETTINGS.items() if setting.column.kind == "whole"]
SHARES = [n for n, setting in SETTINGS.items() if setting.column.kind == "share"]
SWITCHES = [n for n, setting in SETTINGS.items() if setting.column.kind == "switch"]
LISTS = [n for n, setting in SETTINGS.items() if setting.shape == "list"]
MAPPINGS = [n for n, setting in SETTINGS.items() if setting.shape == "mapping"]
DATES = ("snapshot_dates", "backfill_dates")
INFINITE, NO_NUMBER = float("inf"), float("nan")


def of_signups(**asked: object) -> dict[str, object]:
    """Return the outcome of several signups, or of an amount."""
    return {"event_types": ["signup"], **asked}


BAD_DATES = [
    *("2026-13-01", "2026-02-30", "31.3.2026", "03/31/2026", "tomorrow", "20260331"),
    *("2026-3-1", "2026-03-31 00:00:00", "-1", "0001-01-01", "9999-12-31", "1"),
    *(20260331, 46000, True, {"a": 1}, ["2026-03-31"]),
]
# What no var of a kind may be.
BAD = {
    **{
        name: [
            *(None, "", "14", "many", "-1", -1, 10**9, 10**30, 1.5, -0.5, INFINITE),
            *(NO_NUMBER, True, [14], {"days": 14}, "14; drop table x"),
        ]
        for name in WHOLE
    },
    **{
        name: [None, "", "1 %", "half", 2, -0.1, 95, 1e30, True, [0.5], NO_NUMBER]
        for name in SHARES
    },
    **{name: [None, "false", "yes", 0, 1, [], {}] for name in SWITCHES},
    **{name: [None, "", "a", 5, 1.5, True, {"a": "b"}, [None]] for name in LISTS},
    **{name: [None, "", "a", 5, True, [], ["a"], {"x": "y"}] for name in MAPPINGS},
    "earliest_event_date": [None, *BAD_DATES],
    "as_of_date": BAD_DATES,
    "time_zone": [
        None,
        "",
        "CET5",
        "Europe/Zürich",
        "+02:00",
        2,
        True,
        ["UTC"],
        "utc ",
    ],
    "outcome_event_type": [
        "",
        "subscription_start",
        5,
        True,
        [],
        {},
        " a",
        *(["signup", "renewal"], ["signup", "signup"], ["signup", "*"], ["signup", 5]),
        *([["signup"]], [None], {"min_events": 2}, {"event_types": []}),
        *({"event_types": "signup", "min_event": 2}, {"event_types": {"a": "b"}}),
        *(
            of_signups(min_events=value)
            for value in (0, -1, 1.5, "2", True, [2], 10**9)
        ),
        *(of_signups(min_amount=n) for n in (0, -5, "9", True, 1e-9, INFINITE)),
        *(of_signups(min_amount=n) for n in (NO_NUMBER, 10**30, {"a": 1})),
        "*",
    ],
}
BAD["user_attributes"] += [
    *(["Job"], ["order"], ["e_mail"], ["industry", "industry"], ["1st"], ["a b"]),
    *(["first_name"], ["ssn"], ["date_of_birth"], [["industry"]], [5], ["a'b"]),
]
BAD["event_columns"] += [
    *({"user": "visitor"}, {"user_id": None}, {"user_id": 5}, {"user_id": ["a"]}),
    *({"user_id": ""}, {"user_id": "lower("}, {"user_id": "a) from x --"}, {1: "a"}),
    *({"user_id": "a; drop table b"}, {"user_id": "a, b"}, {"user_id": "a as b"}),
]
# Not of one row, or another at each reading.
BAD["event_columns"] += [
    *({"amount": "sum(amount)"}, {"amount": "row_number() over ()"}, {"user_id": "*"}),
    *({"user_id": "(select 1)"}, {"country": "unnest(countries)"}, {"user_id": "$1"}),
    *({"event_id": "uuid()"}, {"received_at": "now()"}, {"amount": "count(*) + x"}),
]
BAD["user_columns"] += [{"user": "id"}, {"user_id": 7}, {"industry": "a b c"}]
for dates in DATES:
    BAD[dates] += [["soon"], ["2026-02-30"], [5], ["2026-01-01", "2026-01-01"], [[]]]
CASES = [(name, value) for name, values in BAD.items() for value in values]
MISSPELT = [
    *("outcome_event_typ", "look_back", "as_of", "User_attributes", "lookback_days"),
    *("time-zone", "horizon_day", "snapshot_date", "event_column", "leakauc", 5),
]
GOOD = [
    {"as_of_date": "2026-03-31"},
    {"as_of_date": date(2026, 3, 31)},
    {"as_of_date": None},
    {"time_zone": "Europe/Zurich"},
    {"snapshot_dates": ["2026-03-31", date(2026, 4, 30)]},
    {"leak_auc": 1, "top_band_max_share": 0.5},
    {"leak_auc": 1.0, "top_band_min_share": 0},
    {"event_columns": {"user_id": "lower(visitor)", "amount": "price * 0.01"}},
    {"event_columns": {"user_id": '"user id"', "country": "geo['country']"}},
    {"event_columns": {"amount": "list_sum([sum, 1])", "country": "x ->> '$.sum(1)'"}},
    {"user_attributes": ["industry"], "user_columns": {"industry": "sector"}},
    {"user_attributes": []},
    {"outcome_event_type": ["signup", "subscription_started"]},
    {"outcome_event_type": of_signups(min_events=10, min_amount=99.95)},
    {"outcome_event_type": {"event_types": "*", "min_events": 2}},
    {"outcome_event_type": "*", "outcome_is_repeatable": True},
    {"outcome_event_type": None},
]


def lines_about(given: dict[object, object]) -> list[str]:
    """Return the lines about vars given with --vars, as a build has them."""
    known = ["signup", "subscription_started"]
    return setting_mistakes(vars_of_run(PROJECT, given), known, of_run=given)


def test_there_are_many_cases() -> None:
    assert len(CASES) + len(MISSPELT) >= 300


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_named(name: str) -> None:
    unnamed = []
    for value in BAD[name]:
        lines = lines_about({name: value})
        about = [line for line in lines if line.startswith(f"--vars: {name}: ")]
        is_one_line = all("\n" not in line and len(line) < 500 for line in lines)
        if not about or not is_one_line or "(allowed: " not in about[0]:
            unnamed.append((value, lines))
    assert not unnamed


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_name_is_named_with_the_right_one(name: object) -> None:
    (line,) = lines_about({name: 5})
    assert line.startswith(f"--vars: {name}: is not a setting")
    assert re.search(rf"did you mean ({'|'.join(SETTINGS)})\?", line)


@pytest.mark.parametrize("given", GOOD, ids=str)
def test_a_good_value_is_no_mistake(given: dict[str, object]) -> None:
    assert lines_about(given) == []


def test_settings_that_do_not_go_together_are_named() -> None:
    lines = lines_about(
        {
            "as_of_date": "2026-01-31",
            "earliest_event_date": "2026-02-28",
            "top_band_min_share": 0.3,
            "top_band_max_share": 0.2,
            "leak_auc": 0.3,
        }
    )
    assert [line.split(": ")[1] for line in lines] == [
        "earliest_event_date",
        "leak_auc",
        "top_band_min_share",
    ]


def test_an_outcome_of_several_events_is_named_in_words() -> None:
    """The words stand in evaluations and models: one event is its own name."""
    asked = {"event_types": ["a", "b"], "min_events": 2000, "min_amount": 0.1}
    assert outcome_of("a").words() == "a"
    assert outcome_of(["a", "b"]).words() == "a or b"
    assert outcome_of("*").words() == "any event"
    assert outcome_of(asked).words() == (
        "a or b at least 2,000 times and of an amount of at least 0.1"
    )
    (line,) = lines_about({"outcome_event_type": {"event_types": ["*", "signup"]}})
    assert "'*' stands beside others (allowed: * alone, which is any event)" in line
    (line,) = lines_about({"outcome_event_type": "*"})
    assert "allowed: outcome_is_repeatable: true, for who comes back" in line


def test_a_group_is_whole_or_its_settings_have_their_own_names() -> None:
    assert lines_about({"snapshot_count": 3, "leak_auc": 0.8}) == []
    (line,) = lines_about({"evaluation": 5})[:1]
    assert ": evaluation: 5 is not a mapping (allowed: a mapping of snapshot_" in line
    lines = lines_about({"publishing": {"publish_limits": {}, "accept_mass": True}})
    assert "accept_mass: is not a setting" in lines[0]
    assert "accept_mass_change: " in lines[1]
    assert len(lines) == 2


def test_modules_are_switched_where_dbt_reads_it(tmp_path: Path) -> None:
    assert lines_about({"modules": {"ml": False}}) == []
    (line,) = lines_about({"modules": {"ml": "no"}})
    assert "ml: '\"no\"' is no switch" in line
    text = (PROJECT / "dbt_project.yml").read_text()
    text = text.replace("\nvars:\n", "\nvars:\n  modules: {ml: false}\n")
    (tmp_path / "dbt_project.yml").write_text(text)
    with pytest.raises(PointwiseError, match="modules: dbt does not read it there"):
        vars_of_run(tmp_path, None)


def test_a_wrong_shape_is_named_by_dbt_before_jinja_stumbles(
    scratch: Scratch,
) -> None:
    """The first line of what dbt says; all vars of a shape at once."""
    write_event(scratch)
    for value in (None, [["a"]], {"a": ["b"]}, 10**30):
        given = dict.fromkeys(SETTINGS, value)
        result = scratch.dbt(FULL_PARSE, "run", "--vars", json.dumps(given))
        assert result.returncode == 2
        # Attributes of the default exclusions are no settings any more, then.
        blamed = r"Nothing was built: (the settings|settings and control panel) have "
        assert re.search(blamed, result.stdout), last_lines(result)
        assert "- --vars: " in result.stdout, last_lines(result)
        assert "Traceback" not in result.stdout + result.stderr


def test_event_columns_are_those_of_the_sources() -> None:
    text = (PROJECT / "macros/sources/event_source_columns.sql").read_text()
    text = text.split("macro needed_event_columns")[0]
    named = re.findall(r'"(\w+)": "(?:varchar|timestamp|double)"', text)
    assert named == list(EVENT_COLUMNS)


@pytest.mark.parametrize("day", ["2062-01-01", "2025-12-31"])
def test_a_scoring_date_outside_the_data_stops_the_build(
    scratch: Scratch, day: str
) -> None:
    """One event, on 2026-01-05."""
    write_event(scratch)
    result = scratch.dbt(
        *("build", "-s", "+int_as_of_dates", "as_of_date_lies_within_the_data"),
        *("--indirect-selection=empty", "--vars", f"{{as_of_date: {day}}}"),
    )
    assert result.returncode == 1
    assert (
        f"as_of_date {day} lies outside the data: used events are from 2026-01-05 to"
        " 2026-01-05; give a date among these in --vars or dbt_project.yml, or null"
    ) in result.stdout, last_lines(result)
