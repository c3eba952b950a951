"""Do DuckDB and Spark say the same? Build the same input on both, and count cells.

    python bench/engines.py                      # every world below
    python bench/engines.py small                # one of them
    python bench/engines.py --keep engines       # and look at what was built
    python bench/engines.py --households ../shared/data/complete_journey
    python bench/engines.py --events 1000000 10000000      # what does it take?
    python bench/engines.py small --master 'local-cluster[4,1,1024]'

Runs in the environment of `make spark-test`. Tables are compared whole, and after each
build of a world: rows that both have are alike, of the others, in an order by all
columns, cells are counted. Hashes, of which each engine has its own, are left out.
With --events or --master, Spark runs as on a cluster, without the settings that are for
small worlds.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import duckdb
import yaml
from event_set import event_set
from odd_world import SETTINGS, write_odd_world

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
LAYERS = ("panel", "staging", "intermediate", "features", "outcomes", "scoring")
SELECTED = (
    *(f"path:models/{layer}" for layer in LAYERS),
    "path:models/optional/evaluation",
)
NO_TESTS = ("--exclude-resource-type", "test", "unit_test")
TARGETS = ("dev", "spark")
IN_BYTES = ("read", "shuffled", "written", "spilled")
# Of the catalogue, what is no matter of memory or compilers.
DERBY = "-Dderby.stream.error.file=/dev/null -Dderby.system.durability=test"
PLAIN_LOG = ("compress", "rolling.enabled")
# Each engine has its own hashes: what follows from them is compared.
HASHES = {
    *("mapping_version", "shared_sessions", "shared_continued_sessions", "event_id"),
    "inputs_version",
}


class Cost(NamedTuple):
    """What a command took: processes of its own are counted, too."""

    seconds: float
    cpu_seconds: float
    peak_gb: float


class Home:
    """A folder with events and what both engines build from them.

    With a master, Spark runs as docs/spark.md says of a cluster.
    """

    def __init__(self, folder: Path, master: str | None = None) -> None:
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
            "POINTWISE_DB": str(self.warehouse),
            "POINTWISE_EVENTS": f"{folder}/events/**/*.parquet",
            "POINTWISE_USERS": str(folder / "users*.parquet"),
            "POINTWISE_LINKS": str(folder / "links.parquet"),
            "POINTWISE_PUBLISHED": str(folder / "published"),
            "POINTWISE_MODEL": str(folder / "model"),
        }

        self.logs = folder / "event_log"
        self.logs.mkdir(exist_ok=True)
        if master:
            self.environment["DBT_PROFILES_DIR"] = str(self.profile(master))

    def profile(self, master: str) -> Path:
        """Write the profile of a cluster; return its folder."""
        text = (PROJECT / "profiles.yml").read_text()
        profiles = yaml.safe_load(text)
        settings = profiles["pointwise"]["outputs"]["spark"]["server_side_parameters"]
        small = text.split("# For small worlds")[1]
        for name in re.findall(r"^ +(spark\S+):", small, re.MULTILINE):
            del settings[name]
        settings["spark.driver.extraJavaOptions"] = DERBY
        settings["spark.master"] = master
        settings["spark.network.timeout"] = "24h"  # whoever pauses it has lost nothing
        settings["spark.eventLog.enabled"] = "true"
        settings["spark.eventLog.dir"] = str(self.logs)
        settings |= {f"spark.eventLog.{what}": "false" for what in PLAIN_LOG}
        folder = self.folder / "profile"
        folder.mkdir(exist_ok=True)
        (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
        return folder

    def start(self, *command: str | Path) -> subprocess.Popen:
        """Start a command of this environment in a session of its own."""
        with (self.folder / "log.txt").open("w") as log:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *command: str | Path) -> Cost:
        """Run a command to its end; return what it took."""
        began = time.monotonic()
        process = self.start(*command)
        cpu_seconds, peak, is_running = 0.0, 0.0, True
        while is_running:
            used, memory = taken(process.pid)
            cpu_seconds, peak = max(cpu_seconds, used), max(peak, memory)
            with suppress(subprocess.TimeoutExpired):  # looking costs, too
                process.wait(2)
                is_running = False
        if process.returncode:
            lines = (self.folder / "log.txt").read_text().splitlines()[-40:]
            lines = [line[:300] for line in lines]
            raise SystemExit("\n".join([f"{command} ended:", *lines]))
        return Cost(time.monotonic() - began, cpu_seconds, peak)

    def command(self, target: str, *arguments: str) -> tuple[str | Path, ...]:
        """Return the command that builds the core and evaluation on an engine."""
        return (
            *(BIN / "dbt", "--log-level-file=none", "--no-use-colors", "build"),
            *("--target", target, f"--target-path={self.folder / f'target_{target}'}"),
            *("--select", *SELECTED, *NO_TESTS, *arguments),
        )

    def build(self, target: str, *arguments: str) -> Cost:
        """Build the core and evaluation on an engine; return what that took."""
        return self.run(*self.command(target, *arguments))


def taken(session: int) -> tuple[float, float]:
    """Return the processor seconds and GB of the processes of a session.

    Memory that several share, as one that is about to run a command, counts once.
    """
    found = subprocess.run(
        ["ps", "--sid", str(session), "-o", "pid=,cputimes="],
        capture_output=True,
        text=True,
        check=False,  # none are left
    ).stdout.split()
    memory = 0
    for pid in found[::2]:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        memory += sum(int(line.split()[1]) for line in lines if line[:4] == "Pss:")
    return sum(map(int, found[1::2])), memory / 2**20


def tables_of_spark(home: Home) -> dict[str, Path]:
    """Return the folder of each table that Spark built, by schema and name."""
    return {
        f"{schema.stem}.{table.name}": table
        for schema in sorted(home.spark.glob("*.db"))
        for table in sorted(schema.iterdir())
        if table.is_dir() and "__" not in table.name
    }


def compare(home: Home) -> dict[str, Counter]:
    """Return the differing cells, by column, of each table that Spark built.

    Of what is a view on DuckDB, all that is made of it is compared.
    """
    differing = {}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home.warehouse}' as duck (read_only)")
        views = connection.execute(
            "select schema_name || '.' || view_name from duckdb_views()"
            " where database_name = 'duck'"
        ).fetchall()
        for name, folder in tables_of_spark(home).items():
            if (name,) not in views:
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
    costs = [home.build(target, *arguments) for target in TARGETS]
    seconds_each = [
        f"{cost.seconds:.0f} s ({cost.cpu_seconds:.0f} of a processor)"
        for cost in costs
    ]
    print("  DuckDB {}, Spark {}".format(*seconds_each), flush=True)
    return compare(home)


def default(home: Home, *arguments: str) -> Iterator[dict[str, Counter]]:
    """The default world: links, machines, profiles, late rows and broken ones."""
    generate(home, *arguments)
    yield both(home)


def days(home: Home) -> Iterator[dict[str, Counter]]:
    """A file comes late; then two days more, and a file that goes."""
    generate(home, "--users", "60")
    late = sorted(home.events.rglob("*.parquet"))[0]
    aside = late.rename(home.folder / "aside")
    yield both(home)
    aside.rename(late)  # before a day more, which would write what is missing
    yield both(home)
    for _ in range(2):
        generate(home, "--one-more-day")
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


def odd(home: Home) -> Iterator[dict[str, Counter]]:
    """A panel with all that one may hold, on hostile events and profiles."""
    generate(home, "--users", "150")
    write_odd_world(home.folder)
    home.environment["POINTWISE_CONTROL"] = str(home.folder / "panel")
    yield both(home, "--vars", json.dumps(SETTINGS))


def households(home: Home, data: Path) -> Iterator[dict[str, Counter]]:
    """Real households, Complete Journey, by the panel and settings of examples/."""
    example = PROJECT / "examples" / "complete_journey"
    home.environment |= {
        "POINTWISE_CONTROL": str(example),
        "POINTWISE_EVENTS": str(data / "events.parquet"),
        "POINTWISE_USERS": str(data / "demographics.parquet"),
    }
    yield both(home, "--vars", (example / "vars.json").read_text())


WORLDS: dict[str, Callable[[Home], Iterator[dict[str, Counter]]]] = {
    "small": lambda home: default(home, "--users", "200"),
    "default": default,
    "days": days,
    "odd": odd,
    # Their days begin elsewhere than in UTC, but for the first.
    "random-utc": partial(random, number=0),
    "random-berlin": partial(random, number=1),
    "random-new-york": partial(random, number=2),
    "random-kolkata": partial(random, number=3),
    "random-kiritimati": partial(random, number=4),
}


# -- What it takes ---------------------------------------------------------------------


def tasks(log: Path) -> Counter:
    """Return sums over the tasks of one of Spark's event logs, in bytes and seconds."""
    sums = Counter()
    with log.open() as lines:
        for line in lines:
            if not line.startswith('{"Event":"SparkListenerTaskEnd"'):
                continue
            found = json.loads(line).get("Task Metrics") or {}
            sums["tasks"] += 1
            sums["processor_s"] += found["Executor CPU Time"] / 1e9
            sums["read"] += found["Input Metrics"]["Bytes Read"]
            sums["shuffled"] += found["Shuffle Write Metrics"]["Shuffle Bytes Written"]
            sums["written"] += found["Output Metrics"]["Bytes Written"]
            sums["spilled"] += found["Disk Bytes Spilled"]
    return sums


def measure_build(home: Home, target: str, what: str, rows: int) -> Cost:
    """Build on an engine, and print what it takes, in all and a row of the events."""
    logs = set(home.logs.iterdir())
    cost = home.build(target)
    print(f"  {what}, {target}: {cost.seconds:.0f} s,", end=" ")
    print(f"{cost.cpu_seconds:.0f} processor s, {cost.peak_gb:.1f} GB", flush=True)
    for log in set(home.logs.iterdir()) - logs:
        sums = tasks(log)
        print(f"    its tasks: { {name: round(sums[name]) for name in sums} }")
        bytes_of = {name: round(sums[name] / rows, 1) for name in IN_BYTES}
        print(f"    bytes a row: {bytes_of}", flush=True)
    return cost


def rows_of(files: list[Path]) -> int:
    """Return how many rows event files have."""
    return (
        duckdb.read_parquet([str(file) for file in files]).count("*").fetchall()[0][0]
    )


def measure(home: Home, events: int) -> dict[str, Cost]:
    """Build about this number of events on both engines, the last day by itself.

    Prints what that takes; returns the costs of the first builds.
    """
    shutil.rmtree(home.spark, ignore_errors=True)
    home.warehouse.unlink(missing_ok=True)
    event_set(home.folder, events)
    *files, last = sorted(home.events.iterdir())
    rows, bytes_of = rows_of(files), sum(file.stat().st_size for file in files)
    print(f"  {rows:,} rows of {bytes_of / rows:.1f} bytes")
    aside = last.rename(home.folder / last.name)
    costs = {target: measure_build(home, target, "all", rows) for target in TARGETS}
    for schema in sorted(home.spark.glob("*.db")):
        for table in sorted(schema.iterdir()):
            stored = [file.stat().st_size for file in table.rglob("*.parquet")]
            if sum(stored) / rows >= 1:
                print(f"    {table.name}: {len(stored)} files,", end=" ")
                print(f"{sum(stored) / rows:.1f} bytes a row of the events")
    aside.rename(last)
    for target in TARGETS:
        measure_build(home, target, "a day more", rows_of([last]))
    tell(compare(home))
    return costs


def at_scale(homes: dict[int, Home]) -> None:
    """Measure builds of several sizes, and how what they take grows."""
    costs = {}
    for events, home in sorted(homes.items()):
        print(f"{events:,} events", flush=True)
        costs[events] = measure(home, events)
    for less, more in pairwise(costs):
        for target in TARGETS:
            one, other = costs[less][target], costs[more][target]
            exponents = [
                math.log(b / a) / math.log(more / less)
                for a, b in zip(one[:2], other[:2], strict=True)
            ]
            print(
                f"{less:,} to {more:,} events, {target}: time grows with the power ",
                end="",
            )
            print("{:.2f}, processor time {:.2f}".format(*exponents))


def main() -> None:
    """Build the named worlds on both engines and print what differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("worlds", nargs="*", default=[], help=", ".join(WORLDS))
    parser.add_argument("--keep", type=Path, help="build here, and keep what was built")
    parser.add_argument("--households", type=Path, help="folder of Complete Journey")
    parser.add_argument("--events", type=int, nargs="+", help="measure these sizes")
    parser.add_argument("--master", help="where Spark runs, as on a cluster: local[2]")
    options = parser.parse_args()
    work = options.keep or PROJECT / "data" / "engines"
    if options.events:
        master = options.master or "local[2]"
        homes = {n: Home(work / str(n), master) for n in options.events}
        sys.exit(at_scale(homes))
    chosen = {name: WORLDS[name] for name in options.worlds or WORLDS}
    if options.households:
        data = options.households.absolute()
        chosen = {"households": partial(households, data=data)}
    wrong = 0
    for name, world in chosen.items():
        print(name, flush=True)
        shutil.rmtree(work / name, ignore_errors=True)
        for differing in world(Home(work / name, options.master)):
            wrong += tell(differing)
        if options.keep is None:
            shutil.rmtree(work / name)
    sys.exit(1 if wrong else 0)


def tell(differing: dict[str, Counter]) -> int:
    """Print what differs; return how many cells do."""
    for table, cells in differing.items():
        if cells:
            print(f"  {table}: {dict(cells)}")
    found = sum(cells.total() for cells in differing.values())
    print(f"  {len(differing)} tables, {found} cells differ", flush=True)
    return found


if __name__ == "__main__":
    main()
