# ruff: noqa: DTZ001 -- times in the sources are UTC and have no zone
"""Bad input ends in a clear error or in the right score, and readers keep the last one.

What counts as the right score is asked of the oracle, cell by cell.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from conftest import CORE, PROJECT, Scratch, contents
from oracle import EventFile, Row, Settings, expect
from test_oracle import Build, Outcome, assert_agrees
from worlds import (
    AFTER,
    FileShape,
    as_vars,
    read_panel,
    set_modified,
    write_events,
    write_panel,
    write_users,
)

TEN = datetime(2026, 2, 27, 10)
PLAIN = FileShape("plain.parquet", AFTER)


def event(user_id: object = "u1", name: object = "page_view", **more: object) -> Row:
    return {"user_id": user_id, "event_type": name, "occurred_at": TEN, **more}


def write_table(path: Path, columns: dict[str, pyarrow.Array]) -> None:
    """Write columns as they are."""
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    set_modified(path, AFTER)


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


# -- Builds that fail ------------------------------------------------------------------


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A world of three users, built and published; what fails on it changes nothing."""
    scratch = Scratch(tmp_path_factory.mktemp("healthy"))
    rows = [event(f"u{n}", name) for n in range(3) for name in ("signup", "page_view")]
    write_events(scratch.events, PLAIN, rows)
    write_users(scratch.folder / "users.parquet", [], has_valid_from=False)
    scratch.build()
    return scratch


@pytest.fixture
def readers_see_no_change(healthy: Scratch) -> Iterator[None]:
    """Whatever the test does, the published files stay as they are, byte by byte."""
    before, warehouse = contents(healthy.published), healthy.warehouse.read_bytes()
    yield
    after = contents(healthy.published)
    for name, content in before.items():
        (healthy.published / name).write_bytes(content)
    healthy.warehouse.write_bytes(warehouse)
    assert after.keys() == before.keys()
    assert [name for name in before if after[name] != before[name]] == []


def assert_fails_clearly(
    scratch: Scratch, *words: str, arguments: tuple[str, ...] = ()
) -> None:
    """A build must end with an error that says these words, and no traceback."""
    result = scratch.dbt("build", *arguments)
    output = result.stdout + result.stderr
    assert result.returncode != 0, "the build passed:\n" + output[-3000:]
    assert "Traceback" not in output, output[:3000]
    for word in words:
        assert word in output, output[-3000:]


@pytest.fixture
def unlike(healthy: Scratch) -> Callable[..., Scratch]:
    """The healthy world with other settings of the environment."""

    def change(**environment: object) -> Scratch:
        scratch = object.__new__(Scratch)
        scratch.__dict__.update(healthy.__dict__)
        changes = {name: str(value) for name, value in environment.items()}
        scratch.environment = {**healthy.environment, **changes}
        return scratch

    return change


@pytest.mark.usefixtures("readers_see_no_change")
def test_locked_warehouse(healthy: Scratch) -> None:
    with duckdb.connect(str(healthy.warehouse)):
        result = healthy.dbt("build")
        ranked = healthy.pointwise("rank", "--limit", "3")
    # dbt prints a traceback of its own here; ours to see to is that it says what is up,
    # and that readers do not notice.
    assert result.returncode != 0
    assert "Could not set lock on file" in result.stdout
    assert ranked.returncode == 0, ranked.stderr
    assert "u1" in ranked.stdout


@pytest.mark.usefixtures("readers_see_no_change")
def test_missing_events_path(unlike: Callable[..., Scratch], tmp_path: Path) -> None:
    nowhere = unlike(POINTWISE_EVENTS=tmp_path / "nowhere" / "*.parquet")
    assert_fails_clearly(nowhere, "No event files at", "nowhere")


@pytest.mark.usefixtures("readers_see_no_change")
def test_events_that_are_a_folder_or_not_parquet(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "june.csv").write_text("user_id\nu1\n")
    folder = unlike(POINTWISE_EVENTS=tmp_path / "events")
    assert_fails_clearly(folder, "is a folder: write", "events/*.parquet")
    file = unlike(POINTWISE_EVENTS=tmp_path / "events" / "june.csv")
    assert_fails_clearly(file, "No Parquet files at", "pointwise import")


@pytest.mark.usefixtures("readers_see_no_change")
def test_events_that_are_all_unreadable(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    (tmp_path / "text.parquet").write_text("this is not Parquet")
    assert_fails_clearly(unlike(POINTWISE_EVENTS=tmp_path / "*.parquet"))


@pytest.mark.usefixtures("readers_see_no_change")
def test_empty_data_set_does_not_replace_scores(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    write_events(tmp_path, PLAIN, [])
    assert_fails_clearly(unlike(POINTWISE_EVENTS=tmp_path / "*.parquet"))


@pytest.mark.usefixtures("readers_see_no_change")
def test_slip_of_the_pen_in_a_column_mapping(healthy: Scratch) -> None:
    mapping = ("--vars", "{event_columns: {user_id: usr_id}}")
    assert_fails_clearly(healthy, "usr_id", arguments=mapping)


@pytest.mark.usefixtures("readers_see_no_change")
def test_mistake_in_the_control_panel(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    panel = tmp_path / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    rules = (
        (panel / "scoring_rules.csv").read_text().replace(",30,,,Booked", ",ten,,,B")
    )
    (panel / "scoring_rules.csv").write_text(rules)
    mistaken = unlike(POINTWISE_CONTROL=panel)
    assert_fails_clearly(mistaken, "scoring_rules.csv row 2: points: 'ten'")


@pytest.mark.parametrize("command", ["pointwise experiment assign call", "dbt build"])
def test_a_panel_that_lacks_a_file(command: str, scratch: Scratch) -> None:
    write_events(scratch.events, PLAIN, [event()])
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    (panel / "experiments.csv").unlink()
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    name, *arguments = command.split()
    result = getattr(scratch, name)(*arguments)
    assert result.returncode != 0
    assert f"{panel}/experiments.csv: the file is missing" in (
        result.stdout + result.stderr
    )


@pytest.mark.usefixtures("readers_see_no_change")
@pytest.mark.parametrize("content", [b"", b"this is not Parquet"], ids=["zero", "text"])
def test_unreadable_users_file(
    content: bytes, unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    users = tmp_path / "users.parquet"
    users.write_bytes(content)
    assert_fails_clearly(unlike(POINTWISE_USERS=users), "users.parquet")


@pytest.mark.usefixtures("readers_see_no_change")
def test_users_file_without_user_ids(
    unlike: Callable[..., Scratch], tmp_path: Path
) -> None:
    users = tmp_path / "users.parquet"
    write_table(
        users, {"id": pyarrow.array(["u1"]), "country": pyarrow.array(["Peru"])}
    )
    assert_fails_clearly(unlike(POINTWISE_USERS=users), "user_id")


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
    count as ever.
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


def test_blank_event_ids_are_missing_ids(scratch: Scratch) -> None:
    """An empty event id is what a CSV has where there is none.

    Were it an id, all but one of a day's events would be duplicates of each other.
    """
    rows = [
        event(f"u{n}", "signup", event_id=blank)
        for n, blank in enumerate([None, None, "", "", " ", " "])
    ]
    assert_built_right(scratch, [write_events(scratch.events, PLAIN, rows)])


def test_blank_user_ids_are_missing_ids(scratch: Scratch) -> None:
    """Blank means white space of any kind."""
    rows = [event(blank) for blank in (None, "", " ", "\t", "\n", "\u00a0", " \t ")]
    rows.append(event())
    assert_built_right(scratch, [write_events(scratch.events, PLAIN, rows)])


def test_numbers_that_statistics_of_files_hide(scratch: Scratch) -> None:
    numbers = [30.0, float("nan"), 60.0, float("inf")]
    columns = {
        "event_id": pyarrow.array(["a", "b", "c", "d"]),
        "user_id": pyarrow.array(["u1", "u2", "u3", "u4"]),
        "occurred_at": pyarrow.array([TEN] * 4, pyarrow.timestamp("us")),
        "event_type": pyarrow.array(["page_view"] * 4),
    }
    # The least and the greatest number of both files are in range: NaN is neither.
    for column in ("duration_seconds", "amount"):
        path = scratch.events / f"{column}.parquet"
        rows = {name: values[:3] for name, values in columns.items()}
        write_table(path, rows | {column: pyarrow.array(numbers[:3])})
    path = scratch.events / "infinite.parquet"
    write_table(path, columns | {"amount": pyarrow.array(numbers)})
    scratch.build(*CORE)
    reasons = "select quarantine_reason, count(*) from internal.stg_events_quarantined"
    assert sorted(scratch.query(f"{reasons} group by all")) == [
        ("amount out of range", 3),
        ("duration_seconds out of range", 1),
    ]


@pytest.mark.parametrize("times", [1, 150], ids=["once", "many a day"])
def test_largest_numbers_that_are_accepted(times: int, scratch: Scratch) -> None:
    """Numbers at the edge of what is not quarantined stop no build."""
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
        event(user, "feature_used", event_id=f"{user}{n}", **number)
        for user, number in numbers.items()
        for n in range(times)
    ]
    file = write_events(scratch.events, PLAIN, rows)
    assert_built_right(scratch, [file], panel=scratch.folder / "panel")


def test_half_an_hour_in_many_pieces_is_thirty_minutes(scratch: Scratch) -> None:
    """A third of a minute has no end of decimals; ninety of them are thirty minutes."""
    rows = [
        event("u1", "feature_used", event_id=f"e{n}", duration_seconds=20)
        for n in range(90)
    ]
    write_events(scratch.events, PLAIN, rows)
    scratch.build(*CORE)
    minutes = "feature = 'feature_minutes_30d' and as_of_date = '2026-02-27'"
    value = f"select value, undecayed_value from user_feature_values where {minutes}"
    assert scratch.query(value) == [(30, 30)]
    points = (
        "select points from score_contributions where rule = 'spent_time_in_product'"
    )
    assert {row[0] for row in scratch.query(points)} == {1}
