"""What the tests share: dbt and the scripts in scratch folders, never in the user's.

def test_something(scratch):        # an empty scratch folder: write events, build
def test_something(built):          # a small world, built once; read it only
def test_something(default_world):  # synthetic users, built once; read it only
def test_something(warehouse):      # a read-only connection to the latter
def test_something(manifest):       # what `dbt parse` knows about the project
def test_something(query):          # queries on the files of a default synthetic world
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb
import pytest

from generated import Query, open_world
from pointwise.core.published import FUNCTIONS, PUBLICATION, current
from pointwise.publishing.files import contents_of, point_to, write_json

PROJECT = Path(__file__).resolve().parents[2]
# Where the environment that runs the tests has python, dbt and duckdb.
BIN = Path(sys.executable).parent
# Arguments of a build whose tests another test has run.
NO_TESTS = ("--exclude-resource-type", "test")
# A run that parses the project itself: for another warehouse, target or modules than
# those of the parse that runs of dbt share.
FULL_PARSE = "--no-partial-parse"
# Models of the core, without tests: half of a build, for what only the core decides.
CORE = (
    *NO_TESTS,
    "--select",
    *(
        f"path:models/{layer}"
        for layer in (
            *("panel", "staging", "intermediate", "features"),
            *("outcomes", "scoring", "serving"),
        )
    ),
    "training_examples",
)
# All of the core that is kept from one build to the next, and what it is made of.
KEPT = (*NO_TESTS, "--select", "+user_feature_values", "+int_event_ledger")
# The files that take longest, in that order: begun last, one would run on alone.
FIRST = {
    f"test_{name}.py": place
    for place, name in enumerate(
        [
            *("laws", "readme", "publishing", "erasure", "history", "serving"),
            *("dashboard", "dashboard_worlds", "bad_rows", "bad_input", "live"),
            *("persons", "oracle", "published", "machines", "user_propensity"),
        ]
    )
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; skip what needs a browser where there is none."""
    items.sort(key=lambda item: FIRST.get(item.path.name, len(FIRST)))
    reason = "no Chromium here: `apt-get install chromium` to test the page"
    for item in items:
        if CHROMIUM is None and "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=reason))


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of user or make; ours comes first."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POINTWISE_", "DBT_", "MAKE", "MFLAGS"))
    }
    path = f"{BIN}{os.pathsep}{kept['PATH']}"
    return {**kept, "PATH": path, "PYTHONPATH": str(PROJECT / "scripts")}


def last_lines(result: subprocess.CompletedProcess[str], count: int = 40) -> str:
    """Return the command and the end of what it printed, to say why a test failed."""
    lines = (result.stdout + result.stderr).splitlines()
    command = " ".join(str(argument) for argument in result.args)
    return "\n".join([f"{command} ended with {result.returncode}:", *lines[-count:]])


@cache
def dbt_forks() -> subprocess.Popen[str]:
    """Start the process that runs dbt for this one's scratch folders."""
    return subprocess.Popen(
        [sys.executable, Path(__file__).with_name("dbt_forks.py")],
        cwd=PROJECT,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class Scratch:
    """A folder with its own raw files, warehouse and published files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = folder / "events"
        self.events.mkdir(parents=True)
        self.published = folder / "published"
        self.warehouse = folder / "warehouse.duckdb"
        self.environment = {
            **clean_environment(),
            "POINTWISE_DB": str(self.warehouse),
            "POINTWISE_EVENTS": f"{self.events}/**/*.parquet",
            "POINTWISE_USERS": str(folder / "users.parquet"),
            "POINTWISE_LINKS": str(folder / "links.parquet"),
            "POINTWISE_PUBLISHED": str(self.published),
            "POINTWISE_MODEL": str(folder / "model"),
        }

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dbt with this folder's settings, whatever it ends with.

        A process of its own: in ours, dbt would keep the warehouse locked.
        """
        quiet = ("--log-level-file=none", "--no-use-colors")
        arguments = (*quiet, *arguments, f"--target-path={self.folder / 'target'}")
        forks = dbt_forks()
        forks.stdin.write(json.dumps([arguments, self.environment]) + "\n")
        forks.stdin.flush()
        ended = json.loads(forks.stdout.readline())
        return subprocess.CompletedProcess(["dbt", *arguments], *ended)

    def build(self, *arguments: str) -> None:
        """Run `dbt build` and fail with its last lines if it fails.

        A core is another worker's: one thread, unless a test asks for more.
        """
        threads = () if "--threads" in arguments else ("--threads", "1")
        result = self.dbt("build", *threads, *arguments)
        assert result.returncode == 0, last_lines(result)

    def pointwise(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command with this folder's settings, whatever it ends with."""
        return self.run(sys.executable, "-m", "pointwise.cli", *arguments)

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run any command in the project folder with this folder's settings."""
        return subprocess.run(
            command,
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Return a read-only connection to the warehouse: close it before a build.

        To open one takes longer than most queries; while one is open, others are quick.
        """
        return duckdb.connect(str(self.warehouse), read_only=True)

    def query(self, sql: str) -> list[tuple]:
        """Return the rows of a query on the warehouse."""
        with self.connect() as connection:
            return connection.execute(sql).fetchall()

    @property
    def generation(self) -> Path:
        """The folder of the generation that is published."""
        return current(self.published).folder

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


@pytest.fixture(scope="session")
def default_world(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """The default synthetic world with fewer users, built once; read it only."""
    folder = Scratch(tmp_path_factory.mktemp("default_world"))
    arguments = ("--users", "300", "--out", str(folder.folder))
    result = folder.pointwise("generate", *arguments)
    assert result.returncode == 0, last_lines(result)
    folder.build()
    return folder


@pytest.fixture(scope="session")
def generated_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default world: what the generator writes without arguments but --out."""
    folder = tmp_path_factory.mktemp("world")
    result = subprocess.run(
        [sys.executable, PROJECT / "scripts/generate_events.py", "--out", folder],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, last_lines(result)
    assert result.stderr == ""  # No progress bar where nobody looks.
    return folder


@pytest.fixture(scope="session")
def query(generated_world: Path) -> Query:
    """Queries on views of the default world and its truth."""
    return open_world(generated_world)


@pytest.fixture
def warehouse(default_world: Scratch) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the warehouse of the default world."""
    with default_world.connect() as connection:
        yield connection


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What `dbt parse` knows about the project: nodes, macros, tests, unit tests."""
    folder = Scratch(tmp_path_factory.mktemp("manifest"))
    result = folder.dbt(FULL_PARSE, "parse", "--target=unit_tests")
    assert result.returncode == 0, last_lines(result)
    return json.loads((folder.folder / "target" / "manifest.json").read_text())


@contextmanager
def planting(scratch: Scratch) -> Iterator[Path]:
    """Give the folder of the current generation to write made-up marts into.

    Where nothing is published, it is a generation with nothing else in it.
    """
    folder = scratch.published / "generations" / "20260101T000000000000-planted"
    facts = {"id": folder.name, "published_at": "2026-01-01 00:00:00", "record": []}
    if (scratch.published / "current").exists():
        folder = scratch.generation
        facts = json.loads((folder / PUBLICATION).read_text())
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.iterdir():
        file.chmod(0o644)
    (folder / FUNCTIONS).touch()
    yield folder
    write_json(folder / PUBLICATION, {**facts, "files": contents_of(folder)})
    point_to(scratch.published / "current", f"generations/{folder.name}")


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file in a folder and below, by its path there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write_event(scratch: Scratch) -> None:
    """Write one page view of one user."""
    duckdb.sql(
        "copy (select 'u1' as user_id, timestamp '2026-01-05' as occurred_at,"
        f" 'page_view' as event_type) to '{scratch.events}/one.parquet'"
    )


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
