"""What is left when Spark is killed? Executors in mid-stage, builds in mid-write.

    python bench/spark_faults.py                # a quarter of an hour on two cores
    python bench/spark_faults.py --seed 2 --executors 6 --keep faults

A build on four executors, processes of their own, loses some of them. Then builds are
killed as they write a table, after a file has come or gone, which comes or goes again
before the next build. Whatever was killed, the next build must say what DuckDB says,
to the cell, and readers see the publication that they saw before, whole. Then
`pointwise publish --from spark` is killed several times before it may end. A reader
asks all the while. Runs in the environment of `make spark-test`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from engines import PROJECT, Home, both, compare, generate, tell

sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

from publishing_faults import look, poll, record  # noqa: E402

# Models that keep rows of what was not touched.
INCREMENTAL = (
    *("stg_event_files", "stg_event_counts", "int_repeated_events"),
    *("int_machine_events", "int_user_daily_activity", "user_feature_values"),
)
PUBLISH = (sys.executable, "-m", "pointwise.cli", "publish", "--from", "spark")


def processes(session: int, of: str = "") -> list[int]:
    """Return the processes of a session in whose command a text stands."""
    found = subprocess.run(
        ["ps", "--sid", str(session), "-o", "pid=,args="],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    return [int(line.split()[0]) for line in found if of in line]


def kill(pids: list[int]) -> None:
    """Kill processes, as far as they are there."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def lose_executors(home: Home, count: int, dice: random.Random) -> int:
    """Build on Spark, and kill executors while it runs; return how many."""
    process, killed = home.start(*home.command("spark")), 0
    while process.poll() is None:
        time.sleep(dice.uniform(5, 20))
        running = processes(process.pid, "CoarseGrainedExecutorBackend")
        if running and killed < count:
            kill([dice.choice(running)])
            killed += 1
    if process.returncode:
        raise SystemExit((home.folder / "log.txt").read_text()[-3000:])
    return killed


def is_writing(home: Home, model: str) -> bool:
    """Return whether Spark is writing rows of a model."""
    return any(home.spark.glob(f"*.db/{model}/_temporary"))


def kill_a_build(home: Home, model: str) -> bool:
    """Start a build, kill all of it as it writes a model; say whether it did."""
    process = home.start(*home.command("spark"))
    while process.poll() is None and not is_writing(home, model):
        time.sleep(0.005)
    was_running = process.poll() is None
    kill(processes(process.pid))
    process.wait()
    return was_running


def wrong_for_readers(home: Home, before: dict[str, str], seen: Path) -> list[str]:
    """Return what readers see otherwise than before, or what was published of half."""
    published = home.folder / "published"
    wrong = look(published, before)
    process = home.start(*PUBLISH)
    if not process.wait():
        wrong.append("what a killed build has left was published")
    if (published / "current").readlink() != seen:
        wrong.append("readers see another publication")
    return wrong


def reader(home: Home, results: Path) -> subprocess.Popen:
    """Start a reader of what is published: twice a second, until a file says stop."""
    command = [
        *(sys.executable, poll.__code__.co_filename, home.folder / "published"),
        *("1", results, "0.5"),
    ]
    return subprocess.Popen([*map(str, command)], env=home.environment)


def kill_publications(
    home: Home, dice: random.Random, times: int, within: float
) -> list[str]:
    """Kill `publish --from spark` a number of times; return what readers see wrong.

    At any moment, or, each other time, once it writes what readers are to see.
    """
    published, wrong = home.folder / "published", []
    drafts = published / "generations" / ".draft"
    for number in range(times):
        before, seen = record(published), current(home)
        process = home.start(*PUBLISH)
        if number % 2:
            while process.poll() is None and not drafts.exists():
                time.sleep(0.005)
        time.sleep(dice.uniform(0, 1.5 if number % 2 else within))
        was_running, when = process.poll() is None, drafts.exists()
        kill(processes(process.pid))
        process.wait()
        wrong += look(published, before)
        moment = ["before", "while"][when] if was_running else "after"
        print(
            f"  killed {moment} it wrote, published: {current(home) != seen}",
            flush=True,
        )
        if current(home) != seen:  # whole, or it would be wrong
            break
    return wrong


def scenes(home: Home) -> dict[str, tuple[Callable, Callable]]:
    """Return what changes before a build that is killed, and before the next one."""
    files = sorted(home.events.rglob("*.parquet"))
    gone, aside = files[len(files) // 2], home.folder / "aside"
    late = files[-1].with_name("late.parquet")

    def comes() -> None:
        shutil.copyfile(files[-2], late)

    def nothing() -> None:
        """The same again."""

    return {
        "a day comes": (lambda: generate(home, "--one-more-day"), nothing),
        "a file goes, and is back": (
            lambda: gone.rename(aside),
            lambda: aside.rename(gone),
        ),
        "a file comes, and is gone": (comes, late.unlink),
        "a file comes": (comes, nothing),
    }


def main() -> None:
    """Kill, build again, compare, and print what is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--executors", type=int, default=3, help="to kill (3)")
    parser.add_argument(
        "--scenes", nargs="+", metavar="TEXT", default=[""], help="some"
    )
    parser.add_argument("--publications", type=int, default=8, help="to kill (8)")
    parser.add_argument("--users", type=int, default=40, help="of the world (40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="build here, and keep what was built")
    options = parser.parse_args()
    work = options.keep or PROJECT / "data" / "spark_faults"
    shutil.rmtree(work, ignore_errors=True)
    dice = random.Random(options.seed)
    home = Home(work / "world")
    generate(home, "--users", str(options.users))
    wrong = 0
    if options.executors:
        cluster = Home(work / "cluster", "local-cluster[4,1,1024]")
        generate(cluster, "--users", str(options.users))
        cluster.build("dev")
        killed = lose_executors(cluster, options.executors, dice)
        print(f"{killed} executors killed in a build, which went on", flush=True)
        wrong += tell(compare(cluster))
    wrong += tell(both(home))
    cost = home.run(*PUBLISH)
    before, seen = record(home.folder / "published"), current(home)
    results = work / "seen.json"
    reads = reader(home, results)
    for name, (change, again) in scenes(home).items():
        if not any(text in name for text in options.scenes):
            continue
        model = dice.choice(INCREMENTAL)
        change()
        was_running = kill_a_build(home, model)
        print(f"{name}; killed as it wrote {model}: {was_running}", flush=True)
        found = wrong_for_readers(home, before, seen)
        again()
        wrong += tell(both(home)) + len(found)
        print(f"  wrong for readers: {found or 'nothing'}", flush=True)
    found = kill_publications(home, dice, options.publications, cost.seconds)
    if current(home) == seen:
        home.run(*PUBLISH)
    found += look(home.folder / "published", before)
    print(f"publications killed, wrong for readers: {found or 'nothing'}")
    Path(f"{results}.stop").touch()
    reads.wait()
    asked = json.loads(results.read_text())
    print(f"a reader saw {asked}; published: {current(home) != seen}")
    wrong += len(found) + asked["torn"] + len(asked["errors"]) + (current(home) == seen)
    if options.keep is None:
        shutil.rmtree(work)
    sys.exit(bool(wrong))


def current(home: Home) -> Path:
    """Return what readers see."""
    return (home.folder / "published" / "current").readlink()


if __name__ == "__main__":
    main()
