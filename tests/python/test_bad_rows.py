"""Bad files, rows and numbers are set aside or counted right, as the oracle has it."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow
import pyarrow.parquet

from conftest import CORE, PROJECT, Scratch, contents
from oracle import expect
from oracle_checks import Build, Outcome, assert_agrees
from oracle_events import EventFile, Row, Settings
from test_bad_input import PLAIN, TEN, event, write_table
from world_files import (
    AFTER,
    FileShape,
    as_vars,
    read_panel,
    set_modified,
    write_events,
    write_panel,
    write_users,
)


def unreadable(path: Path, row_count: int = 0) -> EventFile:
    return EventFile(str(path), AFTER, None, row_count)


def assert_built_right(
    scratch: Scratch,
    files: list[EventFile],
    users: list[Row] | None = None,
    panel: Path = PROJECT / "seeds",
) -> None:
    """Build, and hold the warehouse to the oracle."""
    settings = Settings()
    scratch.build(*CORE, "--vars", as_vars(settings))
    expected = expect(files, users or [], read_panel(panel), settings)
    build = Build("bad input", settings)
    assert_agrees(Outcome(build, scratch, read_panel(panel), expected))


# -- Builds that must not fail ---------------------------------------------------------


def test_one_event_of_one_user(scratch: Scratch) -> None:
    file = write_events(scratch.events, PLAIN, [event(name="calendar_booked")])
    assert_built_right(scratch, [file])
    assert scratch.query("select user_id, score, rank from main.user_scores") == [
        ("u1", 31, 1)
    ]


def test_unreadable_files_are_skipped_and_counted(scratch: Scratch) -> None:
    folder = scratch.events
    good = write_events(folder, PLAIN, [event(), event("u2", "signup")])
    texts = FileShape("texts.parquet", AFTER, is_text=True)
    rows = [event("u3", event_id="a", duration_seconds="x"), event("u3", event_id="b")]
    files = [good, write_events(folder, texts, rows)]
    (folder / "zero.parquet").touch()
    (folder / "text.parquet").write_text("user_id,event_type\nu9,signup\n")
    whole = Path(good.name).read_bytes()
    (folder / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "tail.parquet").write_bytes(b"PAR1" + whole[len(whole) // 2 :])
    for name in ("zero", "text", "cut", "tail"):
        set_modified(folder / f"{name}.parquet", AFTER)
        files.append(unreadable(folder / f"{name}.parquet"))
    times, names = pyarrow.array([TEN] * 3), pyarrow.array(["signup"] * 3)
    ids = pyarrow.array(["u7", "u8", "u9"])
    no_users = {"occurred_at": times, "event_type": names, "who": ids}
    write_table(folder / "no_users.parquet", no_users)
    no_times = {"user_id": ids, "event_type": names}
    write_table(folder / "no_times.parquet", no_times)
    files += [unreadable(folder / f"{name}.parquet", 3) for name in NOT_COMPLETE]
    # Numbers for ids, whole numbers for durations, columns that nobody asked for.
    numbers = {
        "user_id": pyarrow.array([7, 7, None]),
        "occurred_at": times,
        "event_type": names,
        "duration_seconds": pyarrow.array([60, None, 5]),
        "extra": pyarrow.array([{"a": [1]}, None, {"a": []}]),
    }
    write_table(folder / "numbers.parquet", numbers)
    read = [event("7", "signup", duration_seconds=60), event("7", "signup")]
    read.append(event(None, "signup", duration_seconds=5))
    files.append(EventFile(str(folder / "numbers.parquet"), AFTER, read))
    assert_built_right(scratch, files)


NOT_COMPLETE = ("no_users", "no_times")

WRONG_TYPES = {
    "user_id is a list": {"user_id": pyarrow.array([["u7"], ["u8"]])},
    "user_id is a struct": {"user_id": pyarrow.array([{"id": "u7"}, {"id": "u8"}])},
    "occurred_at is a whole number": {"occurred_at": pyarrow.array([1772186400] * 2)},
    "occurred_at is true": {"occurred_at": pyarrow.array([True, False])},
    "occurred_at is a list": {"occurred_at": pyarrow.array([[TEN], [TEN]])},
    "occurred_at is a day": {"occurred_at": pyarrow.array([date(2026, 2, 27)] * 2)},
    "event_type is a number": {"event_type": pyarrow.array([1, 2])},
    "event_type is a list": {"event_type": pyarrow.array([["signup"], ["signup"]])},
    "duration_seconds is a list": {"duration_seconds": pyarrow.array([[1.0], [2.0]])},
    "amount is a day": {"amount": pyarrow.array([date(2026, 2, 27)] * 2)},
    "session_id is a struct": {"session_id": pyarrow.array([{"a": 1}, {"a": 2}])},
    "received_at is a number": {"received_at": pyarrow.array([1.5, 2.5])},
}


def test_columns_of_wrong_types_harm_only_their_own_file(scratch: Scratch) -> None:
    """Each file has one column of a type that makes no sense.

    Whatever becomes of its rows, they are accounted for, and those of the good file
    count as always.
    """
    optional = {"event_id", "session_id", "duration_seconds", "amount", "received_at"}
    good = [event(f"good{n}", "signup") for n in range(3)]
    write_events(scratch.events, PLAIN, good)
    for number, columns in enumerate(WRONG_TYPES.values()):
        ids = [f"e{number}-{n}" for n in range(2)]
        plain = {
            "user_id": pyarrow.array([f"wrong{number}"] * 2),
            "occurred_at": pyarrow.array([TEN] * 2),
            "event_type": pyarrow.array(["signup", "page_view"]),
            "event_id": pyarrow.array(ids),
        }
        assert set(columns) <= {*plain, *optional}
        write_table(scratch.events / f"wrong{number:02}.parquet", {**plain, **columns})
    scratch.build(*CORE)
    ledger = dict(
        scratch.query(
            "select parse_filename(file), sum(raw_events)"
            " from internal.int_event_ledger group by file"
        )
    )
    wrong = {f"wrong{n:02}.parquet": 2 for n in range(len(WRONG_TYPES))}
    assert ledger == {"plain.parquet": 3, **wrong}
    used = dict(
        scratch.query(
            "select parse_filename(file), sum(used_events)"
            " from internal.int_event_ledger group by file"
        )
    )
    assert used["plain.parquet"] == 3
    assert scratch.query(
        "select count(*) from main.user_scores"
        " where user_id like 'good%' and score = 16"
    ) == [(3,)]


HOSTILE = [
    "o'brien", 'say "hi"', "'; drop table events; --", "<script>alert(1)</script>",
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "a\x00b", "😀é", "\u202eevil", "a\nb",
    "\\", "%s %(x)s {0}", "{{ 1 / 0 }}", "null", "NaN", "0", "é" * 200,
    "x" * 200, "u\u00a0",
]  # fmt: skip


def test_hostile_texts_as_ids_names_and_attributes(scratch: Scratch) -> None:
    too_long = ["y" * 201, "z" * 10_000]
    rows = [
        event(text, name, event_id=f"e{n}-{name}", session_id=text, page_path=text)
        for n, text in enumerate([*HOSTILE, *too_long])
        for name in ("signup", "pricing_page_view", text)
    ]
    rows += [event("plain", "signup", event_id=text) for text in [*HOSTILE, *too_long]]
    file = write_events(scratch.events, PLAIN, rows)
    attributes = {
        "country": "United States",
        "company_size": "=1+1",
        "industry": "'; --",
    }
    users = [{"user_id": text, **attributes} for text in [*HOSTILE, *too_long]]
    users += [
        {"user_id": f"of {n}", "industry": text} for n, text in enumerate(HOSTILE)
    ]
    write_users(scratch.folder / "users.parquet", users, has_valid_from=False)
    assert_built_right(scratch, [file], users)
    scratch.build()
    with (scratch.published / "top_users.csv").open(
        newline="", encoding="utf-8"
    ) as top:
        listed = list(csv.DictReader(top))
    # `null`, `NaN` and `0` are nobody; as attributes the first two say nothing.
    assert len(listed) == 2 * len(HOSTILE) + 1 - 3 - 2
    assert [
        cell for row in listed for cell in row.values() if cell[:1] in tuple("=+-@\t\r")
    ] == []
    for user in ("'; drop table events; --", "=1+1", '"', "😀é", "'"):
        result = scratch.pointwise("explain", "--user", user)
        assert "Traceback" not in result.stderr
        assert (result.returncode == 0) == (user in HOSTILE), result.stderr
    shown = scratch.pointwise("rank", "--limit", "100")
    assert shown.returncode == 0, shown.stderr


def test_hostile_source_events_in_the_control_panel(scratch: Scratch) -> None:
    names = [text for text in HOSTILE if text.isprintable() and text == text.strip()]
    panel = read_panel(PROJECT / "seeds")
    panel.event_types.extend(
        {"source_event": name, "event_type": "signup", "max_per_day": 1}
        for name in names
    )
    write_panel(scratch.folder / "panel", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    before = contents(scratch.folder / "panel")
    rows = [event(f"u{n}", name, event_id=f"e{n}") for n, name in enumerate(names)]
    file = write_events(scratch.events, PLAIN, rows)
    assert_built_right(scratch, [file], panel=scratch.folder / "panel")
    assert scratch.query("select min(score) from main.user_scores") == [(16,)]
    assert contents(scratch.folder / "panel") == before


def test_blank_ids_are_missing_ids(scratch: Scratch) -> None:
    """Blank means white space of any kind: what a CSV has where there is nothing.

    Were it an event's id, all but one of a day's events would be duplicates.
    """
    rows = [
        event(f"u{n}", "signup", event_id=blank)
        for n, blank in enumerate([None, None, "", "", " ", " "])
    ]
    blanks = (None, "", " ", "\t", "\n", "\u00a0", " \t ")
    rows += [event(blank, event_id=f"of {n}") for n, blank in enumerate(blanks)]
    assert_built_right(scratch, [write_events(scratch.events, PLAIN, rows)])


def test_nan_is_no_number_even_where_statistics_of_files_hide_it(
    scratch: Scratch,
) -> None:
    """NaN is how numpy spells nothing; infinity is out of range."""
    numbers = [30.0, float("nan"), 60.0, float("inf")]
    columns = {
        "event_id": pyarrow.array(["a", "b", "c", "d"]),
        "user_id": pyarrow.array(["u1", "u2", "u3", "u4"]),
        "occurred_at": pyarrow.array([TEN] * 4, pyarrow.timestamp("us")),
        "event_type": pyarrow.array(["page_view"] * 4),
    }
    # The least and the greatest number of a file leave NaN out.
    for column in ("duration_seconds", "amount"):
        path = scratch.events / f"{column}.parquet"
        rows = {name: values[:3] for name, values in columns.items()}
        kind = pyarrow.float32() if column == "amount" else None
        write_table(path, rows | {column: pyarrow.array(numbers[:3], kind)})
    path = scratch.events / "infinite.parquet"
    write_table(path, columns | {"amount": pyarrow.array(numbers)})
    scratch.build(*CORE)
    reasons = "select quarantine_reason, user_id from internal.stg_events_quarantined"
    assert scratch.query(reasons) == [("amount out of range", "u4")]
    sums = (
        "select cast(sum(duration_seconds) as integer), cast(sum(amount) as integer)"
        " from internal.stg_events"
    )
    assert scratch.query(sums) == [(90, 180)]


def test_largest_numbers_that_are_accepted(scratch: Scratch) -> None:
    """Numbers at the edge of what is not quarantined stop no build, however many."""
    panel = read_panel(PROJECT / "seeds")
    for measure, half_life in (("amount", None), ("amount", 3), ("minutes", 3)):
        name = f"much_{measure}_{half_life or 'plain'}"
        panel.features.append(
            dict.fromkeys(panel.features[0])
            | {"feature": name, "event_type": "feature_used", "measure": measure}
            | {"window_days": 90, "half_life_days": half_life}
        )
        rule = dict.fromkeys(panel.scoring_rules[0])
        rule |= {"feature": name, "rule_group": "web", "reason": "Much"}
        more = {"rule": f"{name}_more", "per": Decimal("0.0001"), "points": 1000}
        less = {"rule": f"{name}_less", "per": Decimal("0.0002"), "points": -1000}
        panel.scoring_rules.extend([rule | more, rule | less | {"max_points": -50}])
    write_panel(scratch.folder / "panel", panel)
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    numbers = {
        "million": {"amount": 1e6},
        "rich": {"amount": 1e12},
        "poor": {"amount": -1e12},
        "slow": {"duration_seconds": 1e9},
    }
    rows = [
        event(f"{user} {times}", "feature_used", event_id=f"{user} {n}", **number)
        for user, number in numbers.items()
        for times in (1, 150)
        for n in range(times)
    ]
    file = write_events(scratch.events, PLAIN, rows)
    assert_built_right(scratch, [file], panel=scratch.folder / "panel")


def test_half_an_hour_in_many_pieces_is_thirty_minutes(scratch: Scratch) -> None:
    """A third of a minute has no end of decimals; ninety of them are thirty minutes."""
    rows = [
        event(
            *("u1", "feature_used"),
            occurred_at=TEN + timedelta(minutes=n),
            event_id=f"e{n}",
            duration_seconds=20,
        )
        for n in range(90)
    ]
    write_events(scratch.events, PLAIN, rows)
    scratch.build(*CORE)
    minutes = "feature = 'feature_minutes_28d' and as_of_date = '2026-02-27'"
    value = f"select value, undecayed_value from user_feature_values where {minutes}"
    assert scratch.query(value) == [(30, 30)]
    points = (
        "select points from score_contributions where rule = 'spent_time_in_product'"
    )
    assert {row[0] for row in scratch.query(points)} == {1}
