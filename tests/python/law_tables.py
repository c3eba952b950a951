"""Worlds that laws are tried on, and tables as they are compared."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta

import duckdb

from conftest import NO_TESTS, PROJECT, Scratch
from oracle_events import Row
from world_files import LAST_DAY, OUTCOME, write_raw

# What depends on the clock and on earlier builds, by nature: see test_history.py.
HISTORY = (
    "int_changed_scores",
    "user_score_history",
    "score_changes",
    "score_change_summary",
    "top_band_entries",
    "worklist",
    "worklist_results",
)

# Two experiments beside the planned one: `mailed` has outcomes, `called` assigns those
# whom the build finds on the last day.
MAILED_DATE = LAST_DAY - timedelta(days=20)
EXPERIMENTS = f"""\
mailed,running,{MAILED_DATE},{MAILED_DATE},,,,,,none:0.5|mail:0.5,,page_view,14,0.1,
called,running,{MAILED_DATE},{LAST_DAY},,,,,,none:1/3|call:2/3,industry,{OUTCOME},14,0.1,
"""

Tables = dict[str, list[tuple]]


def tables(scratch: Scratch, names: str = "true") -> Tables:
    """Return every row of the warehouse's tables that fulfil a condition.

    The condition is on table_schema and table_name. Lists are tuples, to be compared.
    """
    with scratch.connect():
        found = scratch.query(
            "select table_schema || '.' || table_name from information_schema.tables"
            f" where table_type = 'BASE TABLE' and ({names}) order by 1"
        )
        assert found
        return {
            name: [
                tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row)
                for row in scratch.table(name)
            ]
            for (name,) in found
        }


def scored(scratch: Scratch) -> Tables:
    """Return what does not depend on how events are spread over files."""
    return without_history(
        tables(
            scratch,
            "table_schema = 'main' and table_name <> 'data_quality'"
            " or table_name = 'int_user_daily_activity'",
        )
    )


def without_history(found: Tables) -> Tables:
    """Return the tables that the input alone decides.

    Who is called depends on the builds there were: nobody ever moves.
    """
    return {
        name: [row for row in rows if "called" not in row]
        for name, rows in found.items()
        if name.split(".")[1] not in HISTORY
    }


def assert_same_tables(found: Tables, expected: Tables) -> None:
    """Fail with the first rows that differ, named by table."""
    assert found.keys() == expected.keys()
    lines = []
    for name, rows in expected.items():
        extra, missing = set(found[name]) - set(rows), set(rows) - set(found[name])
        lines += [f"{name} has  {row}" for row in sorted(extra, key=repr)[:3]]
        lines += [f"{name} lacks {row}" for row in sorted(missing, key=repr)[:3]]
        if not (extra or missing) and len(found[name]) != len(rows):
            lines.append(f"{name} has {len(found[name])} rows, not {len(rows)}")
    assert not lines, "\n".join(lines)


def published(scratch: Scratch) -> dict[str, bytes]:
    """Return the published files of data; of others, bytes may differ."""
    return {
        path.name: path.read_bytes()
        for path in sorted((scratch.published / "current").iterdir())
        if path.suffix in (".parquet", ".csv")
    }


def as_of(day: date, **more: object) -> tuple[str, ...]:
    """Return arguments of dbt for scores as of a day."""
    settings = {"as_of_date": str(day), **more}
    return (*NO_TESTS, "--vars", repr(settings))


def run_experiments(scratch: Scratch) -> None:
    """Give a folder a control panel with experiments, and the record of one of them."""
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    with (panel / "experiments.csv").open("a") as file:
        file.write(EXPERIMENTS)
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    scratch.published.mkdir()
    duckdb.sql(
        f"""
        copy (
            select
                'mailed' as experiment,
                i as slot_number,
                'u' || i as user_id,
                if((i + hash((i + 1) // 2)) % 2 = 0, 'mail', 'none') as arm,
                cast(0.5 as decimal(9, 6)) as share,
                (i + 1) // 2 as block_number,
                date '{MAILED_DATE}' as assigned_date,
                if(i < 20, 'medium', 'low') as stratum,
                stratum as band,
                cast(60 - i as integer) as score
            from range(1, 41) as slots (i)
        ) to '{scratch.published}/experiment_assignments.parquet'
        """
    )


def write_plainly(scratch: Scratch, rows: list[Row]) -> None:
    """Write rows as two files."""
    write_raw(scratch.events / "a.parquet", rows[: len(rows) // 2])
    write_raw(scratch.events / "b.parquet", rows[len(rows) // 2 :])


def assert_ledger_balances(scratch: Scratch) -> None:
    """Compare the ledger with a count of the files themselves."""
    with scratch.connect():
        assert_lines_balance(scratch)


def assert_lines_balance(scratch: Scratch) -> None:
    for file in sorted(scratch.events.rglob("*.parquet")):
        in_file = duckdb.sql(
            f"select count(*) from read_parquet('{file}', hive_partitioning = false)"
        ).fetchall()
        line = f"from internal.int_event_ledger where file = '{file}'"
        assert scratch.query(f"select sum(raw_events) {line}") == in_file, file
        accounted = (
            "used_events + duplicate_events + machine_events + unmapped_events"
            " + quarantined_events"
        )
        wrong = scratch.query(f"select * {line} and raw_events <> {accounted}")
        assert wrong == [], file
    files = len(list(scratch.events.rglob("*.parquet")))
    listed = "select count(distinct file) from internal.int_event_ledger"
    assert scratch.query(listed) == [(files,)]


def columns_of(table: str, scratch: Scratch) -> list[str]:
    return [row[0] for row in scratch.query(f"describe {table}")]


def is_until(day: date, row: Row) -> bool:
    """Whether a row had come by the end of a day."""
    times = [row["occurred_at"], row["received_at"]]
    return row["occurred_at"] is None or max(filter(None, times)).date() <= day


def changed(row: Row, dice: random.Random) -> Row:
    """Return a row as it was before it was corrected."""
    wrong = {"event_type": "search"}, {"amount": 1.0}, {"user_id": "u1"}
    days = timedelta(days=dice.choice([1, 30]))
    moved = {"occurred_at": row["occurred_at"] and row["occurred_at"] - days}
    return {**row, **dice.choice([*wrong, moved])}


def places_of(text: str, scratch: Scratch, condition: str = "true") -> list[str]:
    """Return the tables and the published and raw files that hold a text anywhere."""
    found = [
        name
        for name, rows in tables(scratch, condition).items()
        if any(text in str(cell) for row in rows for cell in row)
    ]
    readable = [path for path in scratch.published.rglob("*") if path.is_file()]
    files = [*readable, *scratch.events.rglob("*.parquet")]
    for file in [*files, scratch.folder / "users.parquet"]:
        if file.suffix == ".parquet":
            source = f"read_parquet('{file}', hive_partitioning = false)"
            rows = duckdb.sql(f"select * from {source}").fetchall()
            has_text = any(text in str(cell) for row in rows for cell in row)
        else:
            has_text = text.encode() in file.read_bytes()
        found += [str(file.relative_to(scratch.folder))] if has_text else []
    return found
