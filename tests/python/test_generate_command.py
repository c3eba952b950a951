"""The generator as a command: what it writes where, and how it fails."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb
import pytest

from conftest import contents
from pointwise.commands.generate import LAST_DATE, generate
from pointwise.core.errors import PointwiseError
from pointwise.synthetic.calendar import calendar_to
from test_generate_events import run_generator, small_world


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        small_world(tmp_path / folder)
    small_world(tmp_path / "other", seed=8)
    one, two, other = (contents(tmp_path / name) for name in ("one", "two", "other"))
    assert one == two
    assert one.keys() == other.keys()
    assert all(one[name] != other[name] for name in one)


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
    for name in ("probabilities", "users", "effects"):
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
