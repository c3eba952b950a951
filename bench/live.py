"""How live is it? Events at a rate beside a large publication; when is a score seen?

    python bench/live.py /tmp/live --events 3000000 --rate 500 --seconds 60

Writes an event set, builds it, runs `pointwise live`, and sends events of its people,
one in fifty late. A probe is a person never seen before: the time from sending the
event until GET /scores/ID answers with a score. Other requests meanwhile are timed, and
memory. At the end a build of everything must say what live said, of a sample of people
who had events; and with --kills the server is killed so often before that.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from event_set import DAYS, event_set

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PORT = 8019
NAMES = ("page_view", "search", "pricing_page_view", "email_clicked", "demo_requested")
SAMPLE = 300
COMPARED = ("score", "band", "reason_1", "reason_2", "reason_3", "next_step")


class World:
    """A folder with an event set, what is built of it, and the server."""

    def __init__(self, folder: Path, events: int) -> None:
        self.folder = event_set(folder, events)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("POINTWISE_")},
            "POINTWISE_DB": str(folder / "warehouse.duckdb"),
            "POINTWISE_EVENTS": f"{folder}/events/*.parquet",
            "POINTWISE_USERS": str(folder / "users.parquet"),
            "POINTWISE_PUBLISHED": str(folder / "published"),
        }
        self.server: subprocess.Popen | None = None

    def build(self) -> float:
        """Run a whole build; return its seconds."""
        begun = time.perf_counter()
        quiet = ("--quiet", "--log-level-file=none")
        subprocess.run(
            [BIN / "dbt", "build", *quiet, f"--target-path={self.folder / 'target'}"],
            cwd=PROJECT,
            env=self.environment,
            check=True,
        )
        return time.perf_counter() - begun

    def start(self) -> float:
        """Start the server; return the seconds until it answers with scores."""
        begun = time.perf_counter()
        self.server = subprocess.Popen(
            [sys.executable, "-m", "pointwise.cli", "live", "--port", str(PORT)],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "live.log").open("ab"),
        )
        while True:
            try:
                if ask("/health")["publication"]:
                    return time.perf_counter() - begun
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.05)

    def memory(self) -> float:
        """Return the memory that the server holds, in MB."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        (line,) = (x for x in status.splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


def ask(path: str, body: bytes | None = None) -> dict:
    """Return the answer of a request; of an error, too."""
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def event_of(user_id: str, dice: random.Random, number: int) -> dict:
    """Return an event of the last day, or of an earlier one."""
    late = dice.randrange(80) if dice.random() < 0.02 else 0
    at = datetime.combine(DAYS[-1], datetime.min.time()) - timedelta(days=late)
    return {
        "event_id": f"live-{os.getpid()}-{number}",
        "user_id": user_id,
        "event_type": dice.choice(NAMES),
        "occurred_at": (at + timedelta(seconds=dice.randrange(86_400))).isoformat(),
        "session_id": f"s-{user_id}-{dice.randrange(3)}",
    }


def send(users: list[str], rate: int, seconds: float, sent: list[str]) -> float:
    """Send events at a rate, ten bodies a second; return the rate that was kept."""
    dice, begun, number = random.Random(1), time.perf_counter(), 0
    at_once = max(rate // 10, 1)
    while (passed := time.perf_counter() - begun) < seconds:
        if number > passed * rate:
            time.sleep(0.01)
            continue
        chosen = dice.choices(users, k=at_once)
        events = [
            event_of(user, dice, number + place) for place, user in enumerate(chosen)
        ]
        answer = ask("/events", json.dumps(events).encode())
        while "error" in answer:
            time.sleep(0.1)
            answer = ask("/events", json.dumps(events).encode())
        sent += chosen
        number += at_once
    return number / (time.perf_counter() - begun)


def probe(seconds: float, seen: list[float]) -> None:
    """Send one event of somebody new at a time, and wait for the score."""
    end, number = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        number += 1
        who = f"probe-{os.getpid()}-{number}"
        event = event_of(who, random.Random(5), number)
        event |= {"event_id": who, "occurred_at": f"{DAYS[-1]}T12:00:00"}
        begun = time.perf_counter()
        ask("/events", json.dumps(event).encode())
        while not is_scored(who):
            time.sleep(0.02)
        seen.append(time.perf_counter() - begun)


def is_scored(who: str) -> bool:
    """Whether somebody has a score."""
    return "score" in ask(f"/scores/{who}")


def read(users: list[str], seconds: float, took: list[float]) -> None:
    """Ask for the scores of people, ten a second."""
    dice, end = random.Random(2), time.perf_counter() + seconds
    while time.perf_counter() < end:
        begun = time.perf_counter()
        ask(f"/scores/{dice.choice(users)}")
        took.append(time.perf_counter() - begun)
        time.sleep(0.1)


def at(share: float, values: list[float]) -> float:
    """Return a quantile, in milliseconds."""
    return round(1000 * sorted(values)[min(int(share * len(values)), len(values) - 1)])


def main() -> None:
    """Measure and print."""
    sys.stdout.reconfigure(line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--events", type=int, default=3_000_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--built", action="store_true", help="begin with what is there")
    given = parser.parse_args()
    world = World(given.folder, given.events)
    if not given.built:
        for left in (given.folder / "events").glob("live-*"):
            left.unlink()
        print(f"build: {world.build():.1f} s")
    scores = given.folder / "published/current/user_scores.parquet"
    users = [u for (u,) in duckdb.sql(f"select user_id from '{scores}'").fetchall()]
    print(f"people: {len(users):,}; start: {world.start():.1f} s")
    sent: list[str] = []
    seen: list[float] = []
    took: list[float] = []
    threads = [
        threading.Thread(target=probe, args=(given.seconds, seen)),
        threading.Thread(target=read, args=(users, given.seconds, took)),
    ]
    before = world.memory()
    for thread in threads:
        thread.start()
    rate = send(users, given.rate, given.seconds, sent)
    for thread in threads:
        thread.join()
    print(f"rate kept: {rate:.0f} events/s, {len(sent):,} in all")
    print(
        f"event -> score seen, ms: median {1000 * statistics.median(seen):.0f},"
        f" p95 {at(0.95, seen)}, most {at(1, seen)}, of {len(seen)}"
    )
    print(f"GET score, ms: median {at(0.5, took)}, p99 {at(0.99, took)}")
    print(f"memory, MB: {before:.0f} -> {world.memory():.0f}")
    for _ in range(given.kills):
        send(users, given.rate, random.random(), sent)
        world.server.kill()
        world.server.wait()
        print(f"killed, and up again after {world.start():.1f} s", flush=True)
    compare(world, sent)


def settle() -> None:
    """Wait until all that was sent is scored, as of the day that it leads to."""
    asked = time.time()
    while True:
        found = ask("/health")
        is_done = found["status"] == "ok" and not found["events_waiting"]
        is_later = (found.get("turn_begun_at") or 0) > asked + 2.5
        if is_done and is_later and not found["is_scoring_everyone"]:
            return
        time.sleep(0.1)


def compare(world: World, sent: list[str]) -> None:
    """Build everything, and compare with what live said of some who had events."""
    settle()
    some = random.Random(3).sample(sorted(set(sent)), min(SAMPLE, len(set(sent))))
    told = {who: ask(f"/scores/{who}") for who in some}
    world.server.terminate()
    world.server.wait()
    print(f"build of all: {world.build():.1f} s")
    with duckdb.connect(world.environment["POINTWISE_DB"], read_only=True) as warehouse:
        rows = warehouse.execute(
            f"select user_id, {', '.join(COMPARED)} from main.user_scores"
        ).fetchall()
    built = {who: dict(zip(COMPARED, row, strict=True)) for who, *row in rows}
    other = [
        who
        for who in some
        if {name: told[who].get(name) for name in COMPARED} != built.get(who)
        and not (who not in built and "error" in told[who])
    ]
    print(
        f"compared {len(some)} people with the build: {len(other)} differ {other[:3]}"
    )


if __name__ == "__main__":
    main()
