"""Parquet files that stay where they are get settings and a panel anyway."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from test_imports_add_up import OUTCOME, SENDER, messages, panel, settings, take


def parquet(folder: Path) -> Path:
    """Write messages as Parquet files whose columns have names of their own."""
    whole = folder / "parts"
    whole.mkdir()
    for file in messages(folder):
        duckdb.sql(
            'copy (select sender as "Who?", time::timestamp as ts, event as name'
            f" from '{file}') to '{whole / file.stem}.parquet'"
        )
    return whole


RENAMED = ("--map", "user_id=Who?", "--map", "event_type=name")


def test_the_panel_is_that_of_an_import_and_columns_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = parquet(tmp_path)
    take(tmp_path / "there", str(folder), "--in-place", *RENAMED, *OUTCOME)
    output = capsys.readouterr().out
    assert f"export POINTWISE_EVENTS='{folder}/**/*.parquet'" in output
    take(tmp_path / "home", *map(str, messages(tmp_path)), *SENDER, *OUTCOME)
    assert panel(tmp_path / "there") == panel(tmp_path / "home")
    found = settings(tmp_path / "there")
    columns = found.pop("event_columns")
    assert columns == {"user_id": '"Who?"', "event_type": "name", "occurred_at": "ts"}
    assert found == settings(tmp_path / "home")
    assert not (tmp_path / "there" / "events").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--keep", "name"), "it goes without --keep and options on times"),
        (("--time-zone", "Europe/Berlin"), "it goes without --keep and options on"),
        (("--users",), "--in-place goes without --users and --out"),
    ],
)
def test_what_a_build_would_not_do_is_refused(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    message: str,
) -> None:
    refuse(tmp_path, parquet(tmp_path), *RENAMED, *arguments)
    assert message in capsys.readouterr().err


def refuse(folder: Path, file: Path, *arguments: str) -> None:
    """Ask for files to stay where they are, which is refused."""
    with pytest.raises(SystemExit):
        take(folder / "home", str(file), "--in-place", *arguments)
    assert not (folder / "home" / "panel").exists()


def test_a_csv_is_to_be_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    early, _ = messages(tmp_path)
    refuse(tmp_path, early)
    said = "early.csv is no Parquet file: import it, without --in-place"
    assert said in capsys.readouterr().err


def test_columns_that_are_not_used_tell_events_without_an_id_apart(
    tmp_path: Path,
) -> None:
    """So they do where files are imported; a build reads them by this setting."""
    file = tmp_path / "visits.parquet"
    visits = (
        "('u1', date '2026-01-01', 'visit', [1]), ('u1', '2026-01-01', 'visit', [])"
    )
    names = 'user_id, occurred_at, event_type, "Place?"'
    duckdb.sql(f"copy (from (values {visits}) as v({names})) to '{file}'")
    take(tmp_path / "home", str(file), "--in-place")
    event_id = settings(tmp_path / "home")["event_columns"]["event_id"]
    query = f"select count(distinct {event_id}) from '{file}'"
    assert duckdb.sql(query).fetchall() == [(2,)]


def odd(folder: Path, *rows: str) -> Path:
    """Write a Parquet file of visits; rows are SQL of person, time, name and amount."""
    file = folder / "odd.parquet"
    names = "user_id, occurred_at, event_type, amount"
    duckdb.sql(f"copy (from (values {', '.join(rows)}) as v({names})) to '{file}'")
    return file


GOOD = "('u1', '2026-01-01 10:00', 'visit', '5')"


def test_blanks_around_values_mean_nothing_where_files_stay_either(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = odd(tmp_path, GOOD, "(' u1', '2026-01-02 10:00', 'visit ', '5')")
    take(tmp_path / "home", str(file), "--in-place")
    assert "people known by an id 1" in " ".join(capsys.readouterr().out.split())
    columns = settings(tmp_path / "home")["event_columns"]
    assert columns == {"user_id": "trim(user_id)", "event_type": "trim(event_type)"}


@pytest.mark.parametrize(
    "row",
    [
        "('u1' || chr(9), '2026-01-02 10:00', 'visit', '5')",
        "('u1', '20260102', 'visit', '5')",
    ],
)
def test_values_that_a_build_would_read_another_way_are_to_be_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str
) -> None:
    refuse(tmp_path, odd(tmp_path, GOOD, row))
    assert "as an import does; import the files" in capsys.readouterr().err


def test_numbers_that_a_build_cannot_read_are_counted_with_the_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = odd(tmp_path, GOOD, "('u2', '2026-01-02 10:00', 'visit', '$1,200.00')")
    take(tmp_path / "home", str(file), "--in-place")
    output = capsys.readouterr().out
    assert "1 row: unreadable when imported" in output
    assert "→ import the files, without --in-place" in output


def test_a_column_that_is_not_taken_is_not_read_by_a_build(tmp_path: Path) -> None:
    """Or it would read numbers where the import said that there are none."""
    file = odd(tmp_path, GOOD, "('u2', '2026-01-02 10:00', 'visit', 'much')")
    take(tmp_path / "home", str(file), "--in-place", "--map", "amount=")
    assert settings(tmp_path / "home")["event_columns"]["amount"] == "null"
