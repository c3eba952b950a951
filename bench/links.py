"""What does linking cost? The same events under one id a person, and under several.

    python bench/links.py                       # ten million events
    python bench/links.py --events 50000000     # 25 minutes and 20 GB of disk

Under several ids, every user has two devices, every event names one, and three sessions
in ten have no user_id: they count for the user whom the device was seen with. Builds
from nothing and of one more day take turns; the ratios of their processor seconds are
what links cost.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

import duckdb
from event_set import event_set, write
from run import Bench

SEVERAL_IDS = """
    select
        case when hash(session_id) % 10 >= 3 then user_id end as user_id,
        'd' || coalesce(user_id, '') || '-' || hash(session_id, 1) % 2 as anonymous_id,
        * exclude (user_id)
    from read_parquet('{}')
"""


def with_devices(source: Path, folder: Path) -> Path:
    """Write a copy of an event set with devices, and its users, if not there yet."""
    done = folder / "users.parquet"
    if not done.exists():
        (folder / "events").mkdir(parents=True, exist_ok=True)
        for path in sorted((source / "events").iterdir()):
            write(SEVERAL_IDS.format(path), folder / "events" / path.name)
        shutil.copy(source / "users.parquet", done)
    return folder


def people(bench: Bench) -> tuple[int, int]:
    """Return how many people are scored, and of how many of their ids are others'."""
    with duckdb.connect(bench.environment["POINTWISE_DB"], read_only=True) as built:
        return built.execute(
            "select (select count(*) from main.user_scores),"
            " (select count(*) from internal.int_persons_today)"
        ).fetchall()[0]


def main() -> None:
    """Measure both sets in turn, and print the ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=10_000_000, metavar="N")
    parser.add_argument("--repeat", type=int, default=2, metavar="N")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()))
    arguments = parser.parse_args()
    folder = arguments.data / f"pointwise_links_{arguments.events}"
    one_id = event_set(folder / "one", arguments.events)
    sets = {"one id": one_id, "several ids": with_devices(one_id, folder / "several")}
    spent: dict[tuple[str, str], list[float]] = {}
    for _ in range(arguments.repeat):
        for name, source in sets.items():
            bench = Bench(source, folder / "work")
            bench.run("build")
            bench.run("day")
            scored, linked = people(bench)
            print(f"{name}: {scored:,} people, {linked:,} ids of theirs", flush=True)
            for step in ("build", "day"):
                cpu = bench.runs[step][-1]["cpu_seconds"]
                spent.setdefault((name, step), []).append(cpu)
    for step in ("build", "day"):
        one, several = (statistics.median(spent[name, step]) for name in sets)
        print(
            f"{step}: {one:.1f} and {several:.1f} processor seconds,"
            f" links add {several / one - 1:.1%}"
        )
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
