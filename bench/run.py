"""How fast is it? Measure Pointwise against a bare query, polars and pandas.

    make bench                      # ten million events
    make bench EVENTS=50000000      # an hour and 20 GB of disk

Every step is a process of its own, run several times; the median counts. From twenty
million events on, the long steps run twice or once unless --repeat says. Results are
written to bench/results/, a JSON file a size and one table of all sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import duckdb
from event_set import DAYS, event_set, write_late
from report import write_report

BENCH = Path(__file__).resolve().parent
PROJECT = BENCH.parent
BIN = Path(sys.executable).parent
STEPS = [
    *("floor", "barest", "build", "start", "weight", "day", "late", "tests", "all"),
    *("2gb", "polars", "pandas"),
]
# Runs of a step on a large set; steps that are not here: one.
LARGE = 20_000_000
RUNS_IF_LARGE = {"floor": 3, "build": 2, "weight": 2, "day": 2, "polars": 2}
# Models from the events to daily activity, besides those of staging.
INGEST = (
    "int_event_file_days",
    "int_duplicate_events",
    "int_user_daily_activity",
)
# Bare queries, counted and not stored: the floor, and the least that the two heaviest
# models must do, which find ids that came twice in a day, and sum days and their
# sessions.
BARE = (
    "select count(*) from (select {}, cast(occurred_at as date), count(*) as n"
    " from read_parquet('{}/*.parquet') group by all{})"
)
QUERIES = {
    "floor": ("user_id, event_type, max(occurred_at)", ""),
    "barest int_duplicate_events": ("hash(event_id)", " having n > 1"),
    "barest int_user_daily_activity": (
        "user_id, event_type, count(distinct session_id), sum(duration_seconds)",
        "",
    ),
}
TO_SCORES = ("--select", "+user_scores", "--exclude-resource-type", "test", "unit_test")
# What comes after the rules, on the way to the scores.
AFTER_RULES = ("--select", "scoring_rules+,+user_scores", *TO_SCORES[2:])
# One seed: what dbt takes before and after any work.
START = ("--select", "scoring_rules", *TO_SCORES[2:])
# Data tests that need nothing beyond the scores.
WITH_TESTS = (*TO_SCORES[:2], "--indirect-selection", "cautious")
ALL = ("--exclude-resource-type", "unit_test")


class Bench:
    """A folder with events, a control panel and a warehouse, and what was measured."""

    def __init__(self, source: Path, work: Path) -> None:
        self.source, self.work = source, work
        self.events, self.panel = work / "events", work / "panel"
        self.target = work / "target"
        self.quiet = (
            "--quiet",
            "--log-level-file=none",
            f"--target-path={self.target}",
        )
        shutil.rmtree(work, ignore_errors=True)
        self.events.mkdir(parents=True)
        shutil.copytree(PROJECT / "seeds", self.panel)
        for day in DAYS:
            self.deliver(f"{day}.parquet")
        self.runs: dict[str, list[dict]] = {}
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("POINTWISE_")},
            "POINTWISE_DB": str(work / "warehouse.duckdb"),
            "POINTWISE_EVENTS": f"{self.events}/*.parquet",
            "POINTWISE_USERS": str(source / "users.parquet"),
            "POINTWISE_CONTROL": str(self.panel),
            "POINTWISE_PUBLISHED": str(work / "published"),
        }

    def deliver(self, file: str) -> None:
        """Put a file of the event set where the build looks; a link keeps its time."""
        os.link(self.source / "events" / file, self.events / file)

    def measure(
        self, name: str, *command: str | Path, profiles: Path = PROJECT
    ) -> dict:
        """Run a command to its end: seconds, processor seconds, peak memory in GB."""
        started = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=PROJECT,
            env={**self.environment, "DBT_PROFILES_DIR": str(profiles)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"error: {name} failed:\n{output[-3000:]}")
        run = {
            "seconds": round(time.perf_counter() - started, 2),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),
            "peak_gb": round(usage.ru_maxrss / (1 << 20), 2),
        }
        if name:
            self.runs.setdefault(name, []).append(run)
            print(f"{name:10} {run}", flush=True)
        return run

    def query(self, name: str) -> None:
        """Run a bare query over the event files."""
        columns, having = QUERIES[name]
        program = f'import duckdb; duckdb.sql("{BARE}").fetchall()'
        program = program.format(columns, self.events, having)
        self.measure(name, sys.executable, "-c", program)

    def dbt(self, name: str, *arguments: str, profiles: Path = PROJECT) -> None:
        """Run `dbt build` and add the seconds of each node to what was measured."""
        run = self.measure(
            name, BIN / "dbt", "build", *self.quiet, *arguments, profiles=profiles
        )
        results = json.loads((self.target / "run_results.json").read_text())["results"]
        run["nodes"] = {
            ".".join(node["unique_id"].split(".")[2:3]): round(
                node["execution_time"], 2
            )
            for node in results
        }
        run["ingest_seconds"] = round(
            sum(
                seconds
                for node, seconds in run["nodes"].items()
                if node.startswith(("base_", "stg_event")) or node in INGEST
            ),
            2,
        )

    def forget(self) -> None:
        """Remove the warehouse, so that the next build begins from nothing."""
        for path in self.work.glob("warehouse.duckdb*"):
            path.unlink()

    def build_from_nothing(
        self, name: str, *arguments: str, profiles: Path = PROJECT
    ) -> None:
        """Build into a new warehouse, parsed before as on any day but the first."""
        self.forget()
        self.measure("", BIN / "dbt", "parse", *self.quiet, profiles=profiles)
        self.dbt(name, *arguments, profiles=profiles)

    def node_costs(self) -> dict[str, float]:
        """Build from nothing, step by step: the processor seconds of each."""
        self.forget()
        costs = self.work / "node_costs.json"
        self.measure(
            "", sys.executable, BENCH / "node_costs.py", costs,
            "build", *self.quiet, *TO_SCORES,
        )  # fmt: skip
        return json.loads(costs.read_text())

    def edit_weight(self) -> None:
        """Change the points of one rule of the control panel."""
        rules = self.panel / "scoring_rules.csv"
        text = rules.read_text()
        old, new = ("30,,,", "31,,,") if "30,,,Booked" in text else ("31,,,", "30,,,")
        rules.write_text(text.replace(f"{old}Booked", f"{new}Booked"))

    def deliver_more(self, step: str) -> None:
        """Measure a day more, or a late file, after a build without it."""
        late, last = self.events / "late.parquet", f"{DAYS[-1]}.parquet"
        late.unlink(missing_ok=True)
        if step == "day":
            (self.events / last).unlink()
        self.dbt("", *TO_SCORES)
        if step == "day":
            self.deliver(last)
        else:
            write_late(late, DAYS[30:33])
        self.dbt(step, *TO_SCORES)
        late.unlink(missing_ok=True)

    def run(self, step: str) -> None:
        """Measure a step once."""
        from_nothing = {"build": TO_SCORES, "tests": (*WITH_TESTS, *ALL), "all": ALL}
        if step in ("floor", "barest"):
            for name in QUERIES:
                if name.startswith(step):
                    self.query(name)
        elif step in from_nothing:
            self.build_from_nothing(step, *from_nothing[step])
        elif step == "start":
            self.dbt(step, *START)
        elif step == "weight":
            self.edit_weight()
            self.dbt(step, *AFTER_RULES)
        elif step in ("day", "late"):
            self.deliver_more(step)
        elif step == "2gb":
            self.build_from_nothing(step, *TO_SCORES, profiles=self.small_profile())
        else:
            users, scores = self.source / "users.parquet", self.work / f"{step}.parquet"
            script = BENCH / f"peer_{step}.py"
            self.measure(
                step, sys.executable, script, self.events, users, self.panel, scores
            )
            if differing := self.differing_scores(step):
                raise SystemExit(f"error: {step} scores {differing} users differently")

    def small_profile(self, memory: str = "2GB") -> Path:
        """Return a folder with the project's profile, but with this much memory."""
        folder = self.work / "profile"
        folder.mkdir(exist_ok=True)
        lines = (PROJECT / "profiles.yml").read_text().splitlines()
        limited = [
            f"{line.split(':')[0]}: {memory}" if "memory_limit:" in line else line
            for line in lines
        ]
        (folder / "profiles.yml").write_text("\n".join(limited) + "\n")
        return folder

    def differing_scores(self, peer: str) -> int:
        """Return how many users a peer scores or ranks differently, or not at all."""
        with duckdb.connect(self.environment["POINTWISE_DB"], read_only=True) as built:
            return built.execute(
                "select count(*) from user_scores as ours full join"
                f" '{self.work}/{peer}.parquet' as theirs using (user_id)"
                " where (ours.score, ours.rank) is distinct from"
                " (theirs.score, theirs.rank)"
            ).fetchall()[0][0]


def runs_of(step: str, events: int, repeat: int | None) -> int:
    """Return how often to run a step. Less memory is another question: once."""
    if step == "2gb":
        return 1
    return repeat or (3 if events < LARGE else RUNS_IF_LARGE.get(step, 1))


def bench(events: int, steps: list[str], repeat: int | None, folder: Path) -> dict:
    """Measure all steps on a set of this number of events and return the medians."""
    source = event_set(folder / str(events), events)
    one = Bench(source, folder / "work")
    rows = duckdb.sql(f"select count(*) from '{one.events}/*.parquet'").fetchall()[0][0]
    costs = {}
    for step in steps:
        for _ in range(runs_of(step, events, repeat)):
            one.run(step)
        if step == "build":
            costs = one.node_costs()
    sizes = {
        "events_mb": sum(f.stat().st_size for f in one.events.iterdir()) // 2**20,
        "warehouse_mb": (one.work / "warehouse.duckdb").stat().st_size // 2**20,
    }
    shutil.rmtree(one.work)
    return {
        "events": events,
        "rows": rows,
        "machine": machine(),
        "sizes": sizes,
        "node_cpu_seconds": costs,
        "steps": {step: medians(runs) for step, runs in one.runs.items()},
        "runs": {
            step: [{k: v for k, v in run.items() if k != "nodes"} for run in runs]
            for step, runs in one.runs.items()
        },
    }


def medians(runs: list[dict]) -> dict:
    """Return the median of each number over the runs of a step."""
    numbers = [k for k, v in runs[0].items() if not isinstance(v, dict)]
    result = {k: round(statistics.median(run[k] for run in runs), 2) for k in numbers}
    if "nodes" in runs[0]:
        result["nodes"] = {
            node: round(statistics.median(run["nodes"].get(node, 0) for run in runs), 2)
            for node in runs[0]["nodes"]
        }
    return result


def machine() -> dict:
    """Return what the figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
    }


def arguments() -> argparse.Namespace:
    """Return what to measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=10_000_000, metavar="N")
    parser.add_argument(
        "--repeat", type=int, metavar="N", help="runs a step (3; fewer where large)"
    )
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument(
        "--data", type=Path, default=PROJECT / "data" / "bench",
        help="where event sets are kept",
    )  # fmt: skip
    parser.add_argument("--out", type=Path, default=BENCH / "results")
    return parser.parse_args()


if __name__ == "__main__":
    wanted = arguments()
    measured = bench(wanted.events, wanted.steps, wanted.repeat, wanted.data.absolute())
    print(write_report(measured, wanted.out))
