"""Fixtures: dbt in a scratch folder, so that tests never touch the user's data."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).resolve().parents[2]


class Scratch:
    """A folder with its own raw files, warehouse and published files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = folder / "events"
        self.events.mkdir(parents=True)
        self.published = folder / "published"
        self.warehouse = folder / "warehouse.duckdb"
        self.environment = {
            **os.environ,
            "POINTWISE_DB": str(self.warehouse),
            "POINTWISE_EVENTS": f"{self.events}/*.parquet",
            "POINTWISE_USERS": str(folder / "users.parquet"),
            "POINTWISE_PUBLISHED": str(self.published),
        }

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt with this folder's settings."""
        return subprocess.run(
            [
                str(Path(sys.executable).parent / "dbt"),
                "--log-level-file=none",
                "--no-use-colors",
                *arguments,
                f"--target-path={self.folder / 'target'}",
            ],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def build(self, *arguments: str) -> None:
        """Run `dbt build` and fail with its last lines if it fails."""
        result = self.dbt("build", *arguments)
        assert result.returncode == 0, result.stdout[-3000:]

    def script(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script with this folder's settings."""
        return subprocess.run(
            [sys.executable, str(PROJECT / "scripts" / name), *arguments],
            cwd=PROJECT,
            env=self.environment,
            capture_output=True,
            text=True,
        )

    def query(self, sql: str) -> list[tuple]:
        """Return the rows of a query on the warehouse."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def table(self, name: str) -> list[tuple]:
        """Return all rows of a table of the warehouse, sorted."""
        return sorted(self.query(f"select * from {name}"), key=repr)


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    """A new scratch folder without any events."""
    return Scratch(tmp_path)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A small world, built once; tests may read it, not change it."""
    folder = Scratch(tmp_path_factory.mktemp("built"))
    write_world(folder)
    folder.build()
    return folder


def write_world(scratch: Scratch, events: int = 20_000, users: int = 300) -> None:
    """Write a reproducible small world: two event files and a users file."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            create table names as
            select row_number() over () - 1 as number, source_event
            from read_csv('{PROJECT}/seeds/event_types.csv');
            create table events as
            select
                'e' || i as event_id,
                'u' || cast(power(hash(i * 7 + 1) % 1000 / 1000.0, 2) * {users} as int)
                    as user_id,
                timestamp '2026-01-01'
                + cast(hash(i * 13 + 5) % (150 * 86400) as int) * interval 1 second
                    as occurred_at,
                names.source_event as event_type,
                's' || hash(i * 3) % 5000 as session_id,
                cast(hash(i * 5) % 900 as double) as duration_seconds
            from range({events}) as numbers (i)
            inner join names
                on names.number
                = case when i % 400 = 0 then 14 else hash(i * 11 + 3) % 14 end;
            copy (from events where occurred_at < '2026-04-01' order by event_id)
                to '{scratch.events}/a.parquet';
            copy (from events where occurred_at >= '2026-04-01' order by event_id)
                to '{scratch.events}/b.parquet';
            copy (
                select
                    'u' || i as user_id,
                    ['1-10', '51-200', '1001+'][i % 3 + 1] as company_size,
                    ['Software', 'Retail'][i % 2 + 1] as industry
                from range({users} + 10) as numbers (i)
            ) to '{scratch.folder}/users.parquet';
            """
        )
