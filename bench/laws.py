"""Do the laws of tests/python/test_laws.py hold where data does not fit into memory?

    python bench/laws.py                      # two million events in 350 MB
    python bench/laws.py --events 10000000 --memory 1GB

The same events are built in many ways, and tables compared row by row. Law by law it
prints what was compared; the first difference ends it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from event_set import DAYS, event_set
from run import ALL, PROJECT, Bench

from pointwise.core.published import current

TO_ALL = ("--exclude-resource-type", "test", "unit_test")
# What must be the same however events came; the ledger names files.
TABLES = (
    "internal.int_user_daily_activity",
    "main.user_feature_values",
    "main.score_contributions",
    "main.user_scores",
    "main.training_examples",
)
PAST_DATES = 3
# Of these, what an as-of date has, and no label.
AS_OF_TABLES = ("main.user_feature_values", "main.score_contributions")


class World(Bench):
    """One way in which the events of a set reach a warehouse of its own."""

    def __init__(self, name: str, source: Path, folder: Path, memory: str) -> None:
        super().__init__(source, folder / name)
        self.name, self.profile = name, self.small_profile(memory)
        self.has_spilled = False

    def build(self, *arguments: str) -> None:
        """Build, and note whether anything was written beside the warehouse."""
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.02):
                self.has_spilled |= any(self.work.glob("warehouse.duckdb.tmp/*"))

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            self.dbt(self.name, *arguments, profiles=self.profile)
        finally:
            done.set()
            watcher.join()

    @property
    def warehouse(self) -> str:
        """Return the path of the warehouse."""
        return self.environment["POINTWISE_DB"]

    def ask(self, query: str) -> list[tuple]:
        """Return the rows of a query on the warehouse."""
        with duckdb.connect(self.warehouse, read_only=True) as built:
            return built.execute(query).fetchall()


def differing_rows(one: World, other: World, table: str, where: str = "true") -> int:
    """Return how many rows are in one of two tables only, repeated rows counted."""
    rows = "(select * from {}.{} where {})"
    left, right = (rows.format(name, table, where) for name in ("one", "other"))
    with duckdb.connect() as both:
        for name, world in (("one", one), ("other", other)):
            both.execute(f"attach '{world.warehouse}' as {name} (read_only)")
        return both.execute(
            f"select (select count(*) from ({left} except all {right}))"
            f" + (select count(*) from ({right} except all {left}))"
        ).fetchall()[0][0]


def require(is_true: bool, law: str, what: str) -> None:
    """Print what holds, or end with what does not."""
    if not is_true:
        raise SystemExit(f"error: {law} does not hold: {what}")
    print(f"{law:14} {what}", flush=True)


def require_same(
    law: str,
    one: World,
    other: World,
    how: str,
    tables: tuple[str, ...] = TABLES,
    where: str = "true",
) -> None:
    """Compare tables of two worlds."""
    differing = {table: differing_rows(one, other, table, where) for table in tables}
    found = {table: rows for table, rows in differing.items() if rows}
    require(
        not found, law, f"{how}: rows that differ in {len(tables)} tables: {found or 0}"
    )


def points(plain: World) -> None:
    """Law 1: contributions add up to every score, which lies in 1 to 100."""
    (users, wrong), = plain.ask(
        "select count(*), count_if(score not between 1 and 100 or score <> points)"
        " from user_scores inner join (select user_id, as_of_date, sum(points) as"
        " points from score_contributions where score_name = 'intent' group by all)"
        " using (user_id, as_of_date)"
    )  # fmt: skip
    require(users > 0 and not wrong, "1 points", f"{users:,} users, {wrong} wrong")


def events(plain: World) -> None:
    """Law 2: the ledger says what became of every row of every file."""
    in_files = dict(
        duckdb.sql(
            "select file_name, num_rows"
            f" from parquet_file_metadata('{plain.events}/*.parquet')"
        ).fetchall()
    )
    ledger = dict(
        plain.ask(
            "select file, sum(used_events + duplicate_events + machine_events"
            " + unmapped_events + quarantined_events) from internal.int_event_ledger"
            " group by file"
        )
    )
    rows = sum(in_files.values())
    require(ledger == in_files, "2 events", f"{rows:,} rows of {len(in_files)} files")


def no_future(plain: World, new: Callable[[str], World]) -> None:
    """Law 3: as of a date, all is as if what came later did not exist."""
    dates = plain.ask(
        "select distinct as_of_date from internal.int_user_as_of_dates"
        f" where is_in_snapshot order by 1 desc limit {PAST_DATES}"
    )
    for (day,) in dates:
        past = new(f"until_{day}")
        for later in DAYS[DAYS.index(day) + 1 :]:
            (past.events / f"{later}.parquet").unlink()
        past.build(*TO_ALL, "--vars", f"as_of_date: {day}")
        where = (
            f"as_of_date = '{day}' and user_id in (select user_id"
            " from one.internal.int_user_as_of_dates"
            f" where as_of_date = '{day}' and is_in_snapshot)"
        )
        require_same("3 no future", plain, past, f"as of {day}", AS_OF_TABLES, where)
        past.forget()


def once(plain: World, new: Callable[[str], World]) -> None:
    """Law 4: files that come again under another name change nothing."""
    again = new("again")
    for day in DAYS[::3]:
        shutil.copy(
            again.events / f"{day}.parquet", again.events / f"again_{day}.parquet"
        )
    again.build(*TO_ALL)
    require_same("4 once", plain, again, "every third file twice")
    again.forget()


def order(plain: World, new: Callable[[str], World]) -> None:
    """Law 5: shuffled, split or late events give the same tables."""
    shuffled = new("shuffled")
    files = f"{shuffled.events}/*.parquet"
    for part in range(7):
        duckdb.execute(
            f"copy (select * from read_parquet('{files}')"
            f" where hash(event_id, user_id, occurred_at) % 7 = {part}"
            " order by hash(event_id, 1))"
            f" to '{shuffled.work}/part_{part}.parquet' (row_group_size 20000)"
        )
    for day in DAYS:
        (shuffled.events / f"{day}.parquet").unlink()
    for part in shuffled.work.glob("part_*.parquet"):
        part.rename(shuffled.events / part.name)
    shuffled.build(*TO_ALL)
    require_same("5 order", plain, shuffled, "shuffled, in seven files")
    shuffled.forget()

    late = new("late")
    for day in DAYS[1::2]:
        (late.events / f"{day}.parquet").unlink()
    late.build(*TO_ALL)
    for day in DAYS[1::2]:
        late.deliver(f"{day}.parquet")
    late.build(*TO_ALL)
    require_same("5 order", plain, late, "every second day late, incrementally")
    late.build(*TO_ALL, "--full-refresh")
    require_same("5 order", plain, late, "then by --full-refresh")
    late.forget()


def same_out(plain: World, new: Callable[[str], World]) -> None:
    """Law 6: two builds publish the same bytes, whatever the number of threads."""
    second = new("one_thread")
    second.build(*ALL, "--threads", "1")
    one, other = (current(world.work / "published") for world in (plain, second))
    says_when = {"publication.parquet", "user_score_history.parquet"}
    files = [
        path.name
        for path in sorted(one.folder.iterdir())
        if path.suffix in (".parquet", ".csv") and path.name not in says_when
    ]
    differing = [
        name
        for name in files
        if (one.folder / name).read_bytes() != (other.folder / name).read_bytes()
    ]
    require(
        len(files) > 10 and not differing, "6 same out",
        f"{len(files)} published files, 2 threads and 1: that differ {differing or 0}",
    )  # fmt: skip
    second.forget()


def monotone(plain: World, new: Callable[[str], World]) -> None:
    """Law 7: raising the points of rules lowers nobody."""
    raised = new("raised")
    rules = raised.panel / "scoring_rules.csv"
    duckdb.execute(
        "copy (select * replace (case when max_points is null then points + 3"
        " else points end as points)"
        f" from read_csv('{rules}', all_varchar = true,"
        " types = {'points': 'integer'})) to"
        f" '{rules}' (header)"
    )
    raised.build(*TO_ALL)
    with duckdb.connect() as both:
        both.execute(f"attach '{plain.warehouse}' as before (read_only)")
        both.execute(f"attach '{raised.warehouse}' as after (read_only)")
        (higher, lower), = both.execute(
            "select count_if(after.score > before.score),"
            " count_if(after.score < before.score)"
            " from before.main.user_scores as before"
            " inner join after.main.user_scores as after using (user_id)"
        ).fetchall()  # fmt: skip
    require(higher > 0 and not lower, "7 monotone", f"{higher:,} higher, {lower} lower")
    raised.forget()


def privacy(plain: World) -> None:
    """Law 8: a user who is erased is nowhere."""
    (user,) = plain.ask("select user_id from user_scores order by rank limit 1")[0]
    # The set of events is kept for the next run, its users file too.
    users = shutil.copy(plain.environment["POINTWISE_USERS"], plain.work)
    plain.environment["POINTWISE_USERS"] = str(users)
    plain.measure("", sys.executable, "-m", "pointwise.cli", "erase", user)
    left = duckdb.execute(
        "select filename, count(*) from read_parquet($1, union_by_name = true,"
        " filename = true) where user_id = $2 group by filename",
        [[plain.environment["POINTWISE_EVENTS"], str(users)], user],
    ).fetchall()
    require(
        not left and not Path(plain.warehouse).exists(),
        "8 privacy",
        f"the erased user is left in {len(left)} files; the warehouse is gone",
    )


@contextmanager
def folder_of(path: Path) -> Iterator[Path]:
    """Give an empty folder, and remove it in the end."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path)


def main() -> None:
    """Check the laws one after the other."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=2_000_000, metavar="N")
    parser.add_argument("--memory", default="350MB", help="memory limit of DuckDB")
    parser.add_argument(
        "--data", type=Path, default=PROJECT / "data" / "bench",
        help="where event sets are kept",
    )  # fmt: skip
    wanted = parser.parse_args()
    data = wanted.data.absolute()
    source = event_set(data / str(wanted.events), wanted.events)
    with folder_of(data / "laws") as folder:

        def new(name: str) -> World:
            return World(name, source, folder, wanted.memory)

        plain = new("plain")
        plain.build(*ALL)
        require(
            plain.has_spilled, "memory", f"{wanted.memory} were not enough: spilled"
        )
        points(plain)
        events(plain)
        no_future(plain, new)
        once(plain, new)
        order(plain, new)
        same_out(plain, new)
        monotone(plain, new)
        privacy(plain)


if __name__ == "__main__":
    main()
