"""Erasure: a person is nowhere afterwards, and everybody else is as before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from conftest import NO_TESTS, PROJECT, Scratch, last_lines, write_world
from pointwise.core.published import connect, current, generations, record_files

VICTIM = "o'victim-9c1e; -- \"é😀\\n"
# Whom a careless comparison would take for another.
ALIKE = ["7", "007", "34", "0x22", "True", "yes", "u1", "u12", "Zoë", "zoë", VICTIM]
KINDS = ("scores", "changes", "backfill", "assignments", "entries")


def sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def write_people(folder: Scratch, before: str, after: str, name: str) -> None:
    """Write the events of the people alike, of some days, as a file."""
    listed = ", ".join(sql_text(user) for user in ALIKE)
    duckdb.sql(
        f"""
        copy (
            select
                alike.user_id || events.event_id as event_id,
                alike.user_id,
                events.* exclude (event_id, user_id)
            from read_parquet('{folder.folder}/pool.parquet') as events
            inner join (
                select user_id, row_number() over () as number
                from unnest([{listed}]) as names (user_id)
            ) as alike on hash(events.event_id) % 40 = alike.number
            where occurred_at >= '{before}' and occurred_at < '{after}'
        ) to '{folder.events}/{name}.parquet' (format parquet, compression snappy)
        """
    )


def copy_of(source: Scratch, folder: Path) -> Scratch:
    """Return a scratch folder with all that another one holds."""
    shutil.copytree(source.folder, folder, symlinks=True)
    shutil.rmtree(folder / "events")
    copied = Scratch(folder)
    shutil.copytree(source.events, copied.events, dirs_exist_ok=True)
    return copied


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A world of two publications, with people whose ids look alike; read it only."""
    folder = Scratch(tmp_path_factory.mktemp("living"))
    write_world(folder, events=6_000, users=60)
    shutil.move(folder.events / "a.parquet", folder.folder / "a")
    shutil.move(folder.events / "b.parquet", folder.folder / "b")
    duckdb.sql(
        f"copy (from read_parquet(['{folder.folder}/a', '{folder.folder}/b'])"
        f" order by event_id) to '{folder.folder}/pool.parquet'"
    )
    for name in ("a", "b"):
        (folder.folder / name).unlink()
    for name, start, end in (("old", "2026-01-01", "2026-05-20"),):
        write_days(folder, start, end, name)
    listed = ", ".join(f"({sql_text(user)})" for user in ALIKE)
    duckdb.sql(
        f"copy (from '{folder.folder}/users.parquet' where user_id not in ('u1', 'u12')"
        " union all by name select user_id, 'Software' as industry, '51-200' as"
        f" company_size from (values {listed}) as names (user_id))"
        f" to '{folder.folder}/users.parquet'"
    )
    folder.build()
    write_days(folder, "2026-05-20", "2026-07-01", "new")
    folder.build()
    (folder.folder / "pool.parquet").unlink()
    return folder


def write_days(folder: Scratch, start: str, end: str, name: str) -> None:
    duckdb.sql(
        f"copy (from '{folder.folder}/pool.parquet' where user_id not in ('u1', 'u12')"
        f" and occurred_at >= '{start}' and occurred_at < '{end}')"
        f" to '{folder.events}/{name}.parquet'"
    )
    write_people(folder, start, end, f"alike_{name}")
