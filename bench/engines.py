"""Do DuckDB and Spark say the same? Build the same input on both, and count cells.

    python bench/engines.py                      # every world below
    python bench/engines.py small                # one of them
    python bench/engines.py --keep engines       # and look at what was built

Runs in the environment of `make spark-test`. Tables are compared whole: rows that both
have are alike, of the others, in an order by all columns, cells are counted. Hashes, of
which each engine has its own, are left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
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
        (folder / "events").mkdir(parents=True, exist_ok=True)
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
        and not table.name.endswith("__loaded")
        and table.name != "base_events"  # a view on DuckDB
    }


def compare(home: Home) -> dict[str, int]:
    """Return the differing cells of each table that both engines have."""
    differing = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as duck (read_only)")
        for name, folder in tables_of_spark(home).items():
            differing[name] = cells_that_differ(connection, name, folder)
    return differing


def cells_that_differ(
    connection: duckdb.DuckDBPyConnection, name: str, folder: Path
) -> int:
    """Return how many cells of a table differ; all of a row that only one has."""
    columns = [
        column
        for column, *_ in connection.execute(f"describe duck.{name}").fetchall()
        if column not in HASHES
    ]
    types = dict(
        row[:2] for row in connection.execute(f"describe duck.{name}").fetchall()
    )
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        rows = connection.execute(f"select count(*) from duck.{name}").fetchall()[0][0]
        return rows * len(columns)
    duck = ", ".join(f'"{column}"' for column in columns)
    spark = ", ".join(
        f'cast("{column}" as {types[column]}) as "{column}"' for column in columns
    )
    rows = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
    numbered = (
        "select *, row_number() over (order by {0}) as place from (select {0} from {1})"
    )
    connection.execute(
        f"create or replace temp table one as select {duck} from duck.{name};"
        f"create or replace temp table other as select {spark} from {rows};"
        "create or replace temp table only_one as from one except all from other;"
        "create or replace temp table only_other as from other except all from one"
    )
    cells = " + ".join(
        f'(a."{column}" is distinct from b."{column}")::int' for column in columns
    )
    return connection.execute(
        f"select coalesce(sum({cells}), 0)"
        f" from ({numbered.format(duck, 'only_one')}) as a"
        f" full join ({numbered.format(duck, 'only_other')}) as b using (place)"
    ).fetchall()[0][0]


# -- Worlds ----------------------------------------------------------------------------


def generate(home: Home, *arguments: str) -> None:
    """Write a synthetic world into the home's folder."""
    home.run(
        *(sys.executable, "-m", "pointwise.cli", "generate"),
        *("--out", home.folder, *arguments),
    )


def both(home: Home, *arguments: str) -> dict[str, int]:
    """Build on both engines, say how long each took, and compare."""
    seconds = [home.build(target, *arguments) for target in ("dev", "spark")]
    print(f"  DuckDB {seconds[0]:.1f} s, Spark {seconds[1]:.1f} s", flush=True)
    return compare(home)


def default(home: Home) -> dict[str, int]:
    """The default world: links, machines, profiles, late rows and broken ones."""
    generate(home)
    return both(home)


def small(home: Home) -> dict[str, int]:
    """The same with 200 users."""
    generate(home, "--users", "200")
    return both(home)


WORLDS: dict[str, Callable[[Home], dict[str, int]]] = {
    "small": small,
    "default": default,
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
        home = Home(work / name)
        differing = WORLDS[name](home)
        for table, cells in differing.items():
            if cells:
                print(f"  {table}: {cells} cells differ")
        wrong += sum(differing.values())
        print(f"  {len(differing)} tables, {sum(differing.values())} cells differ")
        if options.keep is None:
            shutil.rmtree(work / name)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
