"""Do DuckDB and Spark say the same? Build the same input on both, and count cells.

    python bench/engines.py                      # every world below
    python bench/engines.py small                # one of them
    python bench/engines.py --keep engines       # and look at what was built

Runs in the environment of `make spark-test`. Tables are compared whole, and after each
build of a world: rows that both have are alike, of the others, in an order by all
columns, cells are counted. Hashes, of which each engine has its own, are left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LAYERS = ("panel", "staging", "intermediate", "features", "outcomes", "scoring")
SELECTED = (
    *(f"path:models/{layer}" for layer in LAYERS),
    "path:models/optional/evaluation",
)
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
# Each engine has its own hashes: what follows from them is compared.
HASHES = {
    *("mapping_version", "shared_sessions", "shared_continued_sessions", "event_id"),
    "inputs_version",
}


class Home:
    """A folder with events and what both engines build from them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events = folder / "events"
        self.events.mkdir(parents=True, exist_ok=True)
        self.warehouse = folder / "pointwise.duckdb"
        self.spark = folder / "pointwise_spark"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("POINTWISE_")}
        self.environment = {
            **kept,
            "PATH": f"{BIN}{os.pathsep}{kept['PATH']}",
            "PYTHONPATH": str(PROJECT / "scripts"),
            "PYSPARK_PYTHON": sys.executable,
            "POINTWISE_DB": str(self.warehouse),
            "POINTWISE_EVENTS": f"{folder}/events/**/*.parquet",
            "POINTWISE_USERS": str(folder / "users*.parquet"),
            "POINTWISE_LINKS": str(folder / "links.parquet"),
            "POINTWISE_PUBLISHED": str(folder / "published"),
            "POINTWISE_MODEL": str(folder / "model"),
        }

    def run(self, *command: str | Path) -> float:
        """Run a command of this environment; return how many seconds it took."""
        began = time.monotonic()
        result = subprocess.run(
            [str(part) for part in command],
            cwd=PROJECT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if result.returncode:
            lines = (result.stdout + result.stderr).splitlines()[-40:]
            raise SystemExit("\n".join([f"{command} ended:", *lines]))
        return time.monotonic() - began

    def build(self, target: str, *arguments: str) -> float:
        """Build the core and evaluation on an engine; return the seconds it took."""
        return self.run(
            *(BIN / "dbt", "--log-level-file=none", "--no-use-colors", "build"),
            *("--target", target, f"--target-path={self.folder / f'target_{target}'}"),
            *("--select", *SELECTED, *NO_TESTS, *arguments),
        )


def tables_of_spark(home: Home) -> dict[str, Path]:
    """Return the folder of each table that Spark built, by schema and name."""
    return {
        f"{schema.stem}.{table.name}": table
        for schema in sorted(home.spark.glob("*.db"))
        for table in sorted(schema.iterdir())
        if table.is_dir()
        and "__" not in table.name
        and table.name != "base_events"  # a view on DuckDB
    }


def compare(home: Home) -> dict[str, Counter]:
    """Return the differing cells, by column, of each table that both engines have."""
    differing = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as duck (read_only)")
        for name, folder in tables_of_spark(home).items():
            differing[name] = cells_that_differ(connection, name, folder)
    return differing


def cells_that_differ(
    connection: duckdb.DuckDBPyConnection, name: str, folder: Path
) -> Counter:
    """Return how many cells of a table differ; all of a row that only one has."""
    types = {
        column: kind
        for column, kind, *_ in connection.execute(f"describe duck.{name}").fetchall()
        if column not in HASHES
    }
    columns = ", ".join(f'"{column}"' for column in types)
    if any(folder.rglob("*.parquet")):
        cast = ", ".join(f'cast("{c}" as {kind}) as "{c}"' for c, kind in types.items())
        rows = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
        other = f"select {cast} from {rows}"
    else:  # Spark writes no file for a partitioned table without rows
        other = f"select {columns} from duck.{name} where false"
    connection.execute(
        f"create or replace temp table one as select {columns} from duck.{name};"
        f"create or replace temp table other as {other};"
        "create or replace temp table only_one as from one except all from other;"
        "create or replace temp table only_other as from other except all from one"
    )
    numbered = f"select *, row_number() over (order by {columns}) as place from"
    counted = ", ".join(
        f'count(*) filter (where a."{c}" is distinct from b."{c}"'
        " or a.place is null or b.place is null)"
        for c in types
    )
    cells = connection.execute(
        f"select {counted} from ({numbered} only_one) as a"
        f" full join ({numbered} only_other) as b using (place)"
    ).fetchall()[0]
    return +Counter(dict(zip(types, cells, strict=True)))


# -- Worlds: each yields after a build of both engines ---------------------------------


def generate(home: Home, *arguments: str) -> None:
    """Write a synthetic world into the home's folder."""
    home.run(
        *(sys.executable, "-m", "pointwise.cli", "generate"),
        *("--out", home.folder, *arguments),
    )


def both(home: Home, *arguments: str) -> dict[str, Counter]:
    """Build on both engines, say how long each took, and compare."""
    seconds = [home.build(target, *arguments) for target in ("dev", "spark")]
    print(f"  DuckDB {seconds[0]:.1f} s, Spark {seconds[1]:.1f} s", flush=True)
    return compare(home)


def default(home: Home, *arguments: str) -> Iterator[dict[str, Counter]]:
    """The default world: links, machines, profiles, late rows and broken ones."""
    generate(home, *arguments)
    yield both(home)


def days(home: Home) -> Iterator[dict[str, Counter]]:
    """Two days more, a build each; then a file that comes late, and one that goes."""
    generate(home, "--users", "200")
    late = sorted(home.events.rglob("*.parquet"))[0]
    aside = late.rename(home.folder / "aside")
    yield both(home)
    for _ in range(2):
        generate(home, "--one-more-day")
        yield both(home)
    aside.rename(late)
    yield both(home)
    sorted(home.events.rglob("*.parquet"))[-1].unlink()
    yield both(home)


def random(home: Home, number: int) -> Iterator[dict[str, Counter]]:
    """Worlds of the oracle, with their own panel and settings, all in one build."""
    sys.path.insert(0, str(PROJECT / "tests" / "python"))
    from oracle_checks import write_beside_events
    from test_oracle import BUILDS, WORLDS_PER_BUILD, write_event_files
    from world_files import as_vars
    from worlds import drawn, renamed, worlds

    build = BUILDS[number]
    strategy = worlds(build.settings, build.shapes())
    numbers = range(number * 100, number * 100 + WORLDS_PER_BUILD)
    found = [renamed(drawn(strategy, n), f"w{n:03}_") for n in numbers]
    write_beside_events(home, build, found, number)
    write_event_files(home, build, [row for world in found for row in world.rows])
    yield both(home, "--vars", as_vars(build.settings))


WORLDS: dict[str, Callable[[Home], Iterator[dict[str, Counter]]]] = {
    "small": lambda home: default(home, "--users", "200"),
    "default": default,
    "days": days,
    # Their days begin elsewhere than in UTC, but for the first.
    "random-utc": partial(random, number=0),
    "random-berlin": partial(random, number=1),
    "random-new-york": partial(random, number=2),
    "random-kolkata": partial(random, number=3),
    "random-kiritimati": partial(random, number=4),
}


def main() -> None:
    """Build the named worlds on both engines and print what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", nargs="*", default=[], help=", ".join(WORLDS))
    parser.add_argument("--keep", type=Path, help="build here, and keep what was built")
    options = parser.parse_args()
    work = options.keep or PROJECT / "data" / "engines"
    wrong = 0
    for name in options.worlds or WORLDS:
        print(name, flush=True)
        shutil.rmtree(work / name, ignore_errors=True)
        for differing in WORLDS[name](Home(work / name)):
            for table, cells in differing.items():
                if cells:
                    print(f"  {table}: {dict(cells)}")
            found = sum(cells.total() for cells in differing.values())
            print(f"  {len(differing)} tables, {found} cells differ", flush=True)
            wrong += found
        if options.keep is None:
            shutil.rmtree(work / name)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
