"""Events on their way in: shapes are the importer's, and the journal loses nothing."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import random
import runpy
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

import export_shapes
from conftest import PROJECT, clean_environment
from import_door import Door
from pointwise.commands.live import check_pattern
from pointwise.core.errors import PointwiseError
from pointwise.importing.columns import EVENT_COLUMNS
from pointwise.importing.text_blocks import text_blocks
from pointwise.live.journal import MOST_WAITING, Journal
from pointwise.live.shapes import ShapeError, Shapes, events_in
from pointwise.live.web import Refusal, body_of
from pointwise.sources.listing import find_files

NOW = "2026-11-29T10:00:00.000000"
KILLS = 4
COLUMNS = [name for name in EVENT_COLUMNS if name != "received_at"]


def taken(shapes: Shapes, *events: dict) -> list[dict]:
    """Return rows of events as they come in."""
    found: dict[str, list[dict]] = {}
    for number, event in enumerate(events, 1):
        _, name, accepted = shapes.accepted(number, event, NOW)
        found.setdefault(name, []).append(accepted)
    return shapes.table(found, NOW).to_pylist()


@pytest.mark.parametrize(
    "name", ["posthog_lines", "segment", "rudderstack", "mixpanel", "hubspot_events"]
)
def test_an_event_is_read_as_an_import_of_it(name: str, tmp_path: Path) -> None:
    door = Door(tmp_path)
    ((file, content),) = export_shapes.shapes()[name].items()
    path = door.file(content, file)
    lines = b"".join(text_blocks(path)).splitlines()
    rows = taken(Shapes(), *(json.loads(line, parse_float=str) for line in lines))
    door.run(path)
    landed = duckdb.sql(f"select {', '.join(COLUMNS)} from '{door.out}/*.parquet'")
    expected = sorted(landed.fetchall(), key=repr)
    assert sorted(((*[row[c] for c in COLUMNS],) for row in rows), key=repr) == expected
    assert all(row["received_at"] for row in rows)


def test_our_columns_are_taken_by_their_names_and_say_when_they_came() -> None:
    given = {"user_id": " u1 ", "event_type": "login", "amount": "1e3", "path": "/a"}
    (row,) = taken(Shapes(["path"]), {**given, "writeKey": "secret", "nothing": {}})
    assert (row["user_id"], row["event_type"], row["amount"]) == ("u1", "login", 1000)
    assert row["path"] == "/a"
    assert row["occurred_at"].isoformat() == row["received_at"].isoformat() == NOW[:19]
    late = {**given, "occurred_at": "2026-03-01T10:00:00+02:00", "amount": "many"}
    (row,) = taken(Shapes(), late)
    assert row["occurred_at"].isoformat() == "2026-03-01T08:00:00"
    assert (row["amount"], row["unparsed"]) == (None, "amount=many")


def test_batches_of_tools_are_taken_apart_and_nothing_else_is_guessed() -> None:
    segment = {"type": "track", "event": "Paid", "userId": "u1", "messageId": "m1"}
    batch = events_in(json.dumps({"batch": [segment], "writeKey": "w"}).encode())
    (row,) = taken(Shapes(), *batch)
    assert (row["user_id"], row["event_type"], row["event_id"]) == ("u1", "Paid", "m1")
    assert row["occurred_at"].isoformat() == NOW[:19]
    one = {"event": "paid", "distinct_id": "u2", "properties": {"$lib": "web"}}
    (row,) = taken(Shapes(), {**one, "api_key": "k"})
    assert (row["user_id"], row["event_type"]) == ("u2", "paid")
    with pytest.raises(ShapeError, match="event 1 is in no known shape"):
        taken(Shapes(), {"who": "u1", "what": "login"})


WRITER = """
import json, sys
from pathlib import Path
from pointwise.live.journal import Journal
from pointwise.live.shapes import Shapes
journal, shapes = Journal(Path(sys.argv[1])), Shapes()
journal.land(shapes)
print("begun", flush=True)
number = int(sys.argv[2])
while True:
    events = []
    for _ in range(3):
        number += 1
        event = {"user_id": "u", "event_type": "a", "event_id": str(number)}
        events.append(json.dumps(shapes.accepted(1, event, "2026-01-01")) + "\\n")
    journal.put([event.encode() for event in events]).result()
    print(number, flush=True)
    if number % 5 == 0:
        journal.land(shapes)
"""


def killed_writer(events: Path, number: int, seconds: float) -> int:
    """Write from a number on until killed; return the last that was on disk."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(events), str(number)],
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    time.sleep(seconds)
    process.kill()
    printed, _ = process.communicate()
    whole = [line for line in printed.splitlines(keepends=True) if line[-1] == "\n"]
    return int(whole[-1]) if whole else number


def test_a_kill_loses_no_event_and_counts_none_twice(tmp_path: Path) -> None:
    dice = random.Random(22)
    confirmed: set[int] = set()
    number = 0
    for _ in range(KILLS):
        last = killed_writer(tmp_path, number, dice.random() * 0.5)
        confirmed |= set(range(number + 1, last + 1))
        # What was not confirmed may be there: it would be sent again.
        number = last + 1000
    journal = Journal(tmp_path)
    journal.land(Shapes())
    journal.close()
    rows = duckdb.sql(f"select event_id::int from '{tmp_path}/*.parquet'").fetchall()
    there = [event_id for (event_id,) in rows]
    assert len(there) == len(set(there))
    assert confirmed <= set(there)
    assert len(there) - len(confirmed) <= 3 * KILLS
    assert [path.name for path in (tmp_path / ".live").iterdir()] == [".lock"]


def test_a_full_disk_takes_nothing_and_the_next_write_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, shapes = Journal(tmp_path), Shapes()
    event = shapes.accepted(1, {"user_id": "u1", "event_type": "a"}, NOW)
    line = json.dumps(event).encode() + b"\n"
    journal.put([line]).result()
    with monkeypatch.context() as patch:

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            journal.put([line] * 7).result()
        with pytest.raises(OSError, match="No space"):
            journal.land(shapes)
    journal.put([line]).result()
    journal.land(shapes)
    journal.close()
    query = f"select count(*) from '{tmp_path}/*.parquet'"
    assert duckdb.sql(query).fetchall() == [(2,)]


def test_the_example_for_cron_leaves_a_running_build_alone(tmp_path: Path) -> None:
    dbt = tmp_path / "dbt"
    dbt.write_text(f'#!/bin/sh\necho "built $*" >> {tmp_path}/log; sleep 2\n')
    dbt.chmod(0o755)
    script = PROJECT / "examples" / "live" / "build_every_hour.sh"
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TMPDIR": str(tmp_path)}
    given = {"env": environment, "stdout": subprocess.PIPE, "text": True}
    first = subprocess.Popen(["sh", script], **given)
    while not (tmp_path / "log").exists():
        time.sleep(0.05)
    second = subprocess.run(["sh", script], check=True, **given)
    assert second.stdout == "a build is still running\n"
    assert first.communicate()[0] == ""
    assert first.returncode == 0
    assert (tmp_path / "log").read_text() == "built --quiet build\n"


def test_the_example_for_dagster_runs_what_cron_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dagster itself is not installed here: what is used of it is stood in for."""
    ran: list[tuple] = []

    class Failure(Exception):  # noqa: N818 -- Dagster's name
        pass

    def run(command: list[str], **given: object) -> subprocess.CompletedProcess:
        ran.append((command, given["cwd"]))
        return subprocess.CompletedProcess(command, len(ran) - 1, "built", "")

    stand_in = SimpleNamespace(
        op=lambda work: work,
        job=lambda work: work,
        OpExecutionContext=object,
        Failure=Failure,
        ScheduleDefinition=SimpleNamespace,
        Definitions=SimpleNamespace,
    )
    monkeypatch.setitem(sys.modules, "dagster", stand_in)
    path = PROJECT / "examples" / "live" / "dagster_build.py"
    found = runpy.run_path(str(path))
    (schedule,) = found["definitions"].schedules
    assert schedule.cron_schedule == "7 * * * *"
    monkeypatch.setattr(subprocess, "run", run)
    logged: list[str] = []
    context = SimpleNamespace(log=SimpleNamespace(info=logged.append))
    found["build"](context)
    with pytest.raises(Failure, match="ended with 1"):
        found["build"](context)
    assert ran == [(["sh", "examples/live/build_every_hour.sh"], PROJECT)] * 2
    assert logged == ["built", "built"]


@pytest.mark.parametrize(
    ("pattern", "is_read"),
    [
        ("*.parquet", True),
        ("**/*.parquet", True),
        ("*/*.parquet", False),
        ("**/day-*.parquet", False),
    ],
)
def test_events_are_not_written_where_no_build_looks(
    pattern: str, is_read: bool, tmp_path: Path
) -> None:
    (tmp_path / "live-1.parquet").touch()
    found = [Path(file.file).name for file in find_files(f"{tmp_path}/{pattern}")]
    assert (found == ["live-1.parquet"]) == is_read
    if is_read:
        check_pattern(f"{tmp_path}/{pattern}", tmp_path)
    else:
        with pytest.raises(PointwiseError, match=r"it must end in /\*\.parquet"):
            check_pattern(f"{tmp_path}/{pattern}", tmp_path)


def test_a_clock_that_jumps_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, shapes = Journal(tmp_path), Shapes()
    for number, year in enumerate((2026, 1971, 2026, 2199, 2026, 2026)):
        at = datetime(year, 3, 1, 10, tzinfo=UTC)
        clock = SimpleNamespace(now=lambda _, at=at: at)
        monkeypatch.setattr("pointwise.live.journal.datetime", clock)
        given = {"user_id": "u1", "event_type": "a", "event_id": str(number)}
        event = shapes.accepted(1, given, at.replace(tzinfo=None).isoformat())
        journal.put([json.dumps(event).encode() + b"\n"]).result()
        assert len(journal.land(shapes)) == 1
    journal.close()
    rows = duckdb.sql(f"select event_id from '{tmp_path}/*.parquet' order by 1")
    assert rows.fetchall() == [(str(number),) for number in range(6)]


class Sender:
    """A request whose body comes in parts, each after a time."""

    def __init__(self, parts: int, seconds: float, **headers: str) -> None:
        self.parts, self.seconds = parts, seconds
        self.headers = {"content-type": "application/json", **headers}
        self.read = 0

    async def stream(self) -> AsyncIterator[bytes]:
        """Yield parts of a megabyte."""
        for _ in range(self.parts):
            await asyncio.sleep(self.seconds)
            self.read += 1
            yield b"x" * (1 << 20)


@pytest.mark.parametrize(
    ("sender", "status", "read"),
    [
        (Sender(1000, 0.04), 408, 5),
        (Sender(10, 0), 413, 10),
        (Sender(10_000, 0), 413, 21),
        (Sender(10, 0, **{"content-length": str(50 << 20)}), 413, 0),
        (Sender(10, 0, **{"content-length": "-1"}), 413, 0),
        (Sender(10, 0, **{"content-type": "text/plain"}), 415, 0),
    ],
    ids=["slow", "10 MB", "without an end", "50 MB", "odd length", "no JSON"],
)
def test_a_body_is_bounded_in_time_and_size(
    sender: Sender, status: int, read: int
) -> None:
    with pytest.raises(Refusal) as refused:
        asyncio.run(body_of(sender, seconds=0.2))
    assert refused.value.status == status
    assert sender.read <= read


def test_too_many_who_wait_for_the_disk_are_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    with journal.lock:
        # One batch is in the writer's hands, and the most allowed wait behind it.
        for _ in range(MOST_WAITING):
            journal.put([b"{}\n"])
        time.sleep(0.2)
        with pytest.raises(queue.Full):
            put_all(journal, MOST_WAITING + 1)
    journal.close()


def put_all(journal: Journal, number: int) -> None:
    """Put this number of lines into a journal."""
    for _ in range(number):
        journal.put([b"{}\n"])
