"""Is a publication one thing, and can nothing of the record be lost?

    python bench/faults.py                          # 200 kills, 2,000 polls: an hour
    python bench/faults.py --kills 40 --polls 400

Kills builds with SIGKILL at random moments, half of them while they publish, over new,
late and rewritten files and edited weights, and looks after each at what readers are
left with: marts of one generation, points that add up, a record that has all it had.
At intervals the warehouse must equal one that is built from nothing. Then readers poll
during publications, and the warehouse is deleted, truncated and bit-flipped.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import dbt_forks  # noqa: E402
from conftest import Scratch  # noqa: E402
from publishing_faults import (  # noqa: E402
    Seen,
    edit_weight,
    kill_a_build,
    look,
    poll,
    record,
)

QUIET = ("--exclude-resource-type", "unit_test")
PASS_GATE = ("--vars", "{accept_mass_change: true}")
# That readers see at least while they poll.
PUBLICATIONS = 8
SAME = (
    "main.score_contributions",
    "main.user_scores",
    "internal.int_user_daily_activity",
)


def world(folder: Path) -> Scratch:
    """Return a small synthetic world with a control panel of its own, built once."""
    scratch = Scratch(folder)
    arguments = ("--users", "200", "--days", "60", "--out", str(folder))
    result = scratch.pointwise("generate", *arguments)
    assert result.returncode == 0, result.stderr
    shutil.copytree(PROJECT / "seeds", folder / "panel")
    scratch.environment["POINTWISE_CONTROL"] = str(folder / "panel")
    finish_build(scratch)
    return scratch


def finish_build(scratch: Scratch, *arguments: str) -> None:
    """Build to the end; fail with what dbt printed.

    A fork that dies of a signal once dbt is done, as DuckDB closes, has built all.
    """
    code, out, errors = dbt_forks.run(
        [
            "--log-level-file=none",
            "build",
            *QUIET,
            *PASS_GATE,
            *arguments,
            f"--target-path={scratch.folder}/target",
        ],
        scratch.environment,
    )
    is_done = "Completed " in out and "Published" in out
    if code and is_done and code < 0:
        print(f"\nsignal {-code} after a build was done", flush=True)
    elif code or not is_done:
        raise RuntimeError(f"dbt ended with {code}: {out[-3000:]}{errors[-2000:]}")


def change(scratch: Scratch, dice: random.Random, number: int) -> None:
    """Do what happens between builds: files come, late or again, weights are edited."""
    what = number % 4
    if what == 0:
        edit_weight(scratch, 1 + number % 5)
        return
    files = sorted(scratch.events.rglob("*.parquet"))
    file = dice.choice(files)
    rows = f"from read_parquet('{file}', hive_partitioning = false)"
    if what == 1:  # new rows
        target, query = scratch.events / f"new{number}.parquet", f"{rows} limit 20"
        query = f"select * replace (event_id || '-{number}' as event_id) {query}"
    elif what == 2:  # the same file again, under another name
        target, query = scratch.events / f"late{number}.parquet", rows
    else:  # a file without some of its rows
        target, query = file, f"{rows} where hash(event_id, {number}) % 20 > 0"
    draft = target.with_suffix(".draft")
    duckdb.sql(f"copy ({query}) to '{draft}' (format parquet)")
    draft.replace(target)


def kill_many(scratch: Scratch, kills: int, dice: random.Random) -> Seen:
    """Kill builds, and look after each."""
    seen = Seen()
    began = time.monotonic()
    finish_build(scratch)
    seconds = time.monotonic() - began
    while seen.kills < kills:
        in_publishing = seen.kills % 2 == 0
        change(scratch, dice, seen.kills)
        before = record(scratch.published)
        id_before = (scratch.published / "current").readlink()
        part = ("-s", "scoring_rules+") if seen.kills % 20 == 0 else ()
        was_running = kill_a_build(
            scratch,
            dice,
            "build",
            *QUIET,
            *PASS_GATE,
            *part,
            in_publishing=in_publishing,
            within=seconds,
        )
        seen.kills += was_running
        seen.while_publishing += was_running and in_publishing
        now = (scratch.published / "current").readlink()
        seen.published_all_the_same += was_running and now != id_before
        seen.wrong += look(scratch.published, before)
        print(f"\r{seen.kills} kills, {len(seen.wrong)} wrong", end="", flush=True)
        if was_running and seen.kills % 20 == 0:
            seen.wrong += equal_to_scratch(scratch)
    print()
    return seen


def equal_to_scratch(scratch: Scratch) -> list[str]:
    """Return which tables differ from those of a build from nothing."""
    finish_build(scratch)
    other = Scratch(Path(tempfile.mkdtemp()) / "again")
    kept = ("EVENTS", "USERS", "LINKS", "CONTROL")
    other.environment |= {
        f"POINTWISE_{name}": scratch.environment[f"POINTWISE_{name}"] for name in kept
    }
    finish_build(other)
    with duckdb.connect() as both:
        for name, folder in (("one", scratch), ("other", other)):
            both.execute(f"attach '{folder.warehouse}' as {name} (read_only)")
        differing = [
            table
            for table in SAME
            if both.execute(
                f"select count(*) from ((from one.{table} except from other.{table})"
                f" union all (from other.{table} except from one.{table}))"
            ).fetchall()[0][0]
        ]
    shutil.rmtree(other.folder.parent)
    return [f"{table} differs from a build from nothing" for table in differing]


def is_done(reader: subprocess.Popen) -> bool:
    """Return whether a reader has ended."""
    return reader.poll() is not None


def poll_during_publications(scratch: Scratch, polls: int) -> dict:
    """Let two readers ask while builds publish; return what they saw."""
    results = [scratch.folder / f"poll{n}.json" for n in range(2)]
    readers = [
        subprocess.Popen(
            [
                *(sys.executable, poll.__code__.co_filename, str(scratch.published)),
                *(str(polls // 2), str(path)),
            ],
            env={**scratch.environment, "PYTHONPATH": ":".join(sys.path)},
        )
        for path in results
    ]
    finish_build(scratch)
    number = 0
    while number < PUBLICATIONS or not all(is_done(reader) for reader in readers):
        edit_weight(scratch, 1 + number % 4)
        finish_build(scratch, "-s", "scoring_rules+")
        number += 1
        if number == PUBLICATIONS:
            for path in results:
                Path(f"{path}.stop").touch()
    found = [json.loads(path.read_text()) for path in results]
    return {
        "polls": sum(one["polls"] for one in found),
        "publications": min(one["publications"] for one in found),
        "torn": sum(one["torn"] for one in found),
        "errors": [error for one in found for error in one["errors"]],
    }


def break_warehouse(scratch: Scratch, dice: random.Random, times: int) -> list[str]:
    """Delete, truncate and bit-flip the warehouse; return what came out wrong."""
    wrong = []
    for number in range(times):
        before = record(scratch.published)
        if number % 3 == 0:
            scratch.warehouse.unlink()
        elif number % 3 == 1:
            content = scratch.warehouse.read_bytes()
            scratch.warehouse.write_bytes(content[: dice.randrange(len(content))])
        else:
            content = bytearray(scratch.warehouse.read_bytes())
            for _ in range(50):
                content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
            scratch.warehouse.write_bytes(content)
        edit_weight(scratch, 1 + number % 4)
        try:
            finish_build(scratch)
        except RuntimeError:
            finish_build(scratch)  # the first one found out, and said so
        wrong += look(scratch.published, before)
        wrong += equal_to_scratch(scratch) if number % 5 == 4 else []
        print(f"\rwarehouse broken {number + 1} times, {len(wrong)} wrong", end="")
    print()
    return wrong


def main() -> None:
    """Read the command line, then break things and count."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--polls", type=int, default=2000)
    parser.add_argument("--warehouses", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    dbt_forks.prepare()
    # Not as a context: a fork that ends would remove the folder.
    folder = Path(tempfile.mkdtemp())
    scratch = world(folder / "world")
    seen = kill_many(scratch, arguments.kills, dice)
    print(
        f"{seen.kills} kills, {seen.while_publishing} of them while publishing;"
        f" {seen.published_all_the_same} had published by then;"
        f" wrong: {seen.wrong or 'nothing'}"
    )
    polled = poll_during_publications(scratch, arguments.polls)
    print(
        f"{polled['polls']:,} polls, which saw {polled['publications']} publications:"
        f" {polled['torn']} torn, {len(polled['errors'])} errors"
        f" {polled['errors'][:2] or ''}"
    )
    wrong = break_warehouse(scratch, dice, arguments.warehouses)
    print(f"{arguments.warehouses} broken warehouses: wrong: {wrong or 'nothing'}")
    shutil.rmtree(folder)
    sys.exit(bool(seen.wrong or polled["torn"] or polled["errors"] or wrong))


if __name__ == "__main__":
    main()
