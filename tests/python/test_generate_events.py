"""The files of the synthetic world: repeatable, and balanced with their truth."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, clean_environment, contents, last_lines
from generated import Query
from pointwise.commands.generate import LAST_DATE, add_day, generate
from pointwise.core.errors import PointwiseError
from pointwise.core.verdicts import VERDICTS
from pointwise.synthetic.calendar import calendar_to
from pointwise.synthetic.vocabulary import DAILY_LIMITS, event_names


def run_generator(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as a person would."""
    return subprocess.run(
        [sys.executable, PROJECT / "scripts" / "generate_events.py", *arguments],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )


def small_world(out: Path, seed: int = 7, users: int = 150, **options: str) -> int:
    """Write a world of 60 days, and return its number of event rows."""
    return generate(out, users, calendar_to(LAST_DATE, 60), seed, **options)


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        small_world(tmp_path / folder)
    small_world(tmp_path / "other", seed=8)
    one, two, other = (contents(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


def test_a_day_that_is_added_leaves_all_days_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where users are simulated in several blocks, whose events are numbered."""
    monkeypatch.setattr("pointwise.synthetic.world.BLOCK", 64)
    small_world(tmp_path)
    for day in ("2026-06-29", "2026-06-30"):
        before = {p: p.stat() for p in (tmp_path / "events").iterdir()}
        bytes_before = {path: path.read_bytes() for path in before}
        add_day(tmp_path)
        (added,) = {*(tmp_path / "events").iterdir()} - before.keys()
        assert added.name == f"{day}.parquet"
        assert {path: path.read_bytes() for path in before} == bytes_before
        for path, stat in before.items():
            assert path.stat().st_mtime_ns == stat.st_mtime_ns
        arrived = duckdb.sql(
            f"select distinct received_at::date::text from '{added}'"
        ).fetchall()
        assert arrived == [(day,)]
    with pytest.raises(PointwiseError, match="no world"):
        add_day(tmp_path / "elsewhere")


def test_every_event_type_of_the_control_panel_occurs_and_no_other(
    query: Query,
) -> None:
    with (PROJECT / "seeds/event_types.csv").open() as file:
        panel = {
            row["source_event"]: row["max_per_day"]
            for row in csv.DictReader(file)
            if row["event_type"] not in VERDICTS
        }
    # That an e-mail was sent is no behaviour: a panel need not list it.
    panel |= {"email_sent": ""}
    names = query("select distinct event_type from usable")
    assert {name for (name,) in names} == panel.keys()
    limits = {kind.name.lower(): str(limit) for kind, limit in DAILY_LIMITS.items()}
    assert {name: limits.get(name, "") for name in event_names()} == panel


def test_columns_are_the_canonical_ones_and_text_is_text(query: Query) -> None:
    columns = query(
        "select column_name, column_type from (describe from deliveries) limit 14"
    )
    assert dict(columns) == {
        "event_id": "VARCHAR",
        "user_id": "VARCHAR",
        "occurred_at": "TIMESTAMP",
        "event_type": "VARCHAR",
        "received_at": "TIMESTAMP",
        "session_id": "VARCHAR",
        "page_path": "VARCHAR",
        "duration_seconds": "DOUBLE",
        "amount": "DOUBLE",
        "channel": "VARCHAR",
        "device": "VARCHAR",
        "country": "VARCHAR",
        "anonymous_id": "VARCHAR",
        "user_agent": "VARCHAR",
    }


def test_files_hold_a_month_of_deliveries_in_order(query: Query) -> None:
    assert query("select distinct file from deliveries order by file") == [
        (f"events/{month}.parquet",)
        for month in ["2025-12", *(f"2026-0{number}" for number in range(1, 7))]
    ]
    assert query(
        """select count(*) from (
            select file <> 'events/' || strftime(received_at, '%Y-%m') || '.parquet'
                or received_at < lag(received_at) over (
                    partition by file order by file_row
                )
                as is_wrong
            from deliveries
        ) where is_wrong"""
    ) == [(0,)]


def test_the_truth_names_every_malformed_late_repeated_and_shared_row(
    query: Query,
) -> None:
    found = {
        "malformed": """
            select file, file_row from deliveries
            anti join usable_rows using (file, file_row)""",
        "duplicate": """
            select file, file_row from usable_rows
            anti join usable using (file, file_row)""",
        "late": """
            select file, file_row from usable
            where received_at > occurred_at + interval 1 hour""",
        "shared_device": """
            select file, file_row from usable_rows
            where user_id is null
                and anonymous_id in (select id from ids where kind = 'shared')""",
    }
    for kind, rows in found.items():
        named = f"""
            select file, file_row from rows_truth
            join deliveries using (file, file_row, event_id)
            where split_part(kind, ':', 1) = '{kind}'"""
        if kind == "late":  # Unless the copy sent again came first, by chance.
            named += " and (file, file_row) in (select (file, file_row) from usable)"
            rows += (
                " and (file, file_row) not in (select (file, file_row) from rows_truth"
                " where kind = 'duplicate')"
            )
        for first, second in ((rows, named), (named, rows)):
            difference = query(f"select count(*) from (({first}) except ({second}))")
            assert difference == [(0,)], kind
    total, unmatched = query(
        """select count(*), count(*) filter (where deliveries.file is null)
        from rows_truth left join deliveries using (file, file_row, event_id)"""
    )[0]
    assert total > 0
    assert unmatched == 0


def test_shares_of_faulty_rows_are_as_designed(query: Query) -> None:
    rows = query("select count(*) from deliveries")[0][0]
    shares = {
        kind: count / rows
        for kind, count in query(
            "select split_part(kind, ':', 1), count(*) from rows_truth group by all"
        )
    }
    assert 150_000 <= rows <= 300_000
    assert 0.012 < shares["duplicate"] < 0.018
    assert 0.015 < shares["late"] < 0.025
    assert 0.002 < shares["malformed"] < 0.004
    defects = query(
        "select count(distinct kind) from rows_truth where kind like 'mal%'"
    )
    assert defects == [(11,)]


def test_csv_holds_the_same_as_parquet(tmp_path: Path) -> None:
    rows = small_world(tmp_path / "parquet")
    assert small_world(tmp_path / "csv", format="csv") == rows
    parquet, text = contents(tmp_path / "parquet"), contents(tmp_path / "csv")
    assert {name.replace(".parquet", ".csv") for name in parquet} == {
        name.replace(".parquet", ".csv") for name in text
    }
    for name in (name for name in text if name.endswith(".csv")):
        original = tmp_path / "parquet" / name.replace(".csv", ".parquet")
        columns = duckdb.sql(f"describe from '{original}'").fetchall()
        types = {column: kind for column, kind, *_ in columns}
        read = duckdb.sql(
            f"from read_csv('{tmp_path / 'csv' / name}', header=true, columns={types},"
            " allow_quoted_nulls=false)"
        ).fetchall()
        assert read == duckdb.sql(f"from '{original}'").fetchall()
    for name in ("probabilities", "users", "ids", "effects"):
        assert parquet[f"truth/{name}.parquet"] == text[f"truth/{name}.parquet"]


def test_another_world_leaves_nothing_of_the_old_one(tmp_path: Path) -> None:
    generate(tmp_path, 50, calendar_to(LAST_DATE, 200), 1)
    small_world(tmp_path, format="csv")
    small_world(tmp_path / "fresh", format="csv")
    fresh = contents(tmp_path / "fresh")
    left = {
        name: content
        for name, content in contents(tmp_path).items()
        if not name.startswith("fresh/")
    }
    assert left == fresh
    manifest = json.loads(fresh["world.json"])
    assert manifest["is_whole"]
    assert sorted([*manifest["files"], "world.json"]) == sorted(fresh)


def test_a_run_that_fails_leaves_the_old_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world(tmp_path)
    before = contents(tmp_path)
    (tmp_path / ".generating/new").mkdir(parents=True)  # As a killed run leaves it.
    (tmp_path / ".generating/new/half").touch()

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("pointwise.commands.generate.write_users", fail)
    with pytest.raises(OSError, match="disk full"):
        small_world(tmp_path, seed=8)
    assert contents(tmp_path) == before


def test_files_of_somebody_else_are_neither_lost_nor_mixed(tmp_path: Path) -> None:
    mine = tmp_path / "events/mine.parquet"
    mine.parent.mkdir()
    mine.write_text("precious")
    with pytest.raises(PointwiseError, match=r"mine\.parquet was not written by"):
        small_world(tmp_path)
    assert contents(tmp_path) == {"events/mine.parquet": b"precious"}


@pytest.mark.parametrize("users", [1, 2, 3])
def test_a_world_can_be_tiny(tmp_path: Path, users: int) -> None:
    assert generate(tmp_path, users, calendar_to(date(2024, 2, 29), 28), 0) >= 0
    ids = duckdb.sql(f"select user_id from '{tmp_path}/truth/users.parquet'").fetchall()
    assert ids == [(f"u{number}",) for number in range(1, users + 1)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--users", "0"), "Invalid value for '--users': 0 is not from 1 to 5000000"),
        (("--days", "27"), "Invalid value for '--days': 27 is not from 28 to 3650"),
        (("--seed", "-1"), "Invalid value for '--seed': -1 is less than 0"),
        (("--end", "1999-12-31"), "--end must be from 2010-01-01 to 2200-01-01"),
    ],
)
def test_bad_arguments_are_a_one_line_error(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run_generator(*arguments, "--out", str(tmp_path / "world"))
    assert result.returncode in (1, 2)
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run_generator("--users", "5", "--out", str(tmp_path / "file/world"))
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: cannot write to {tmp_path}/file/world: ")
    assert result.stderr.count("\n") == 1


def test_describe_events_prints_every_table(generated_world: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "pointwise.cli", "describe", "--out", generated_world],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, last_lines(result)
    for title in (
        "Rows",
        "Users",
        "Funnel",
        "Weekdays",
        "Hours",
        "E-mail",
        "Outcomes",
        "Ids",
    ):
        assert f"\n{title}" in f"\n{result.stdout}"
    (line,) = [line for line in result.stdout.splitlines() if "six default" in line]
    assert 0.78 < float(line.split()[-1]) < 0.86
