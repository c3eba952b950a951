"""How live is it? Events at a rate beside a large publication; when is a score seen?

    python bench/live.py /tmp/live --events 3000000 --rate 500 --seconds 60

Writes an event set, builds it, runs `pointwise live`, and sends events of its people,
one in fifty late. A probe is a person never seen before: the time from sending the
event, of the last day or 40 days late, until GET /scores/ID answers with a score. Other
requests meanwhile are timed, and memory and processor. With --kills the server is then
killed so often while events come, and no accepted event may be missing. `score_now` in
the DuckDB CLI is timed, and at the end a build of everything must say what live said,
of a sample of people who had events.
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
from http.client import HTTPException
from pathlib import Path

import duckdb
from event_set import DAYS, event_set

PROJECT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PORT = 8019
NAMES = ("page_view", "search", "pricing_page_view", "email_clicked", "demo_requested")
SAMPLE, IN_CLI = 300, 20
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
        # Of what is sent, many come to another band.
        quiet = ("--quiet", "--log-level-file=none")
        given = (*quiet, "--vars", "accept_mass_change: true")
        subprocess.run(
            [BIN / "dbt", "build", *given, f"--target-path={self.folder / 'target'}"],
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

    def processor(self) -> float:
        """Return the seconds of processor that the server has taken."""
        fields = Path(f"/proc/{self.server.pid}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

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


class Sender:
    """Sends events of people at a rate, ten bodies a second, as a collector does."""

    def __init__(self, users: list[str], rate: int) -> None:
        self.users, self.rate = users, rate
        self.dice, self.number = random.Random(1), 0
        self.accepted: dict[str, str] = {}  # user by event id
        self.is_done = False

    def send(self, seconds: float = float("inf")) -> float:
        """Send until stopped, or for `seconds`; return the rate that was kept."""
        begun, at_first = time.perf_counter(), self.number
        while (passed := time.perf_counter() - begun) < seconds and not self.is_done:
            if self.number - at_first > passed * self.rate:
                time.sleep(0.01)
                continue
            events = []
            for user in self.dice.choices(self.users, k=max(self.rate // 10, 1)):
                self.number += 1
                events.append(event_of(user, self.dice, self.number))
            body = json.dumps(events).encode()
            # What was not accepted, or may not have been, is sent again.
            while ask_if_there("/events", body).get("accepted") != len(events):
                time.sleep(0.05)
            self.accepted |= {one["event_id"]: one["user_id"] for one in events}
        return (self.number - at_first) / (time.perf_counter() - begun)


def ask_if_there(path: str, body: bytes | None = None) -> dict:
    """Return the answer of a request; nothing if the server has been killed."""
    try:
        return ask(path, body)
    except (OSError, HTTPException, ValueError):
        return {}


def kill(world: World, sender: Sender, kills: int) -> None:
    """Kill the server at random moments while events come; say what was lost."""
    sender.is_done = False
    thread = threading.Thread(target=sender.send)
    thread.start()
    took = []
    for _ in range(kills):
        time.sleep(2 * random.random())
        world.server.kill()
        world.server.wait()
        took.append(world.start())
    sender.is_done = True
    thread.join()
    settle()
    found = duckdb.sql(
        f"select event_id, count(*) from '{world.folder}/events/live-*.parquet'"
        " group by all"
    ).fetchall()
    times = dict(found)
    lost = [one for one in sender.accepted if one not in times]
    twice = sum(number > 1 for number in times.values())
    print(
        f"killed {kills} times: up again after {statistics.median(took):.1f} s, at most"
        f" {max(took):.1f}; {len(lost)} of {len(sender.accepted):,} accepted events"
        f" lost; {twice} are in two files, as sent again"
    )


def probe(seconds: float, seen: list[float], days_late: int = 0) -> None:
    """Send one event of somebody new at a time, and wait for the score.

    At any moment: not when the last one was scored, as the next turn begins.
    """
    end, number = time.perf_counter() + seconds, 0
    dice, day = random.Random(4 + days_late), DAYS[-1] - timedelta(days=days_late)
    while time.perf_counter() < end:
        # Few are late: what they wait is known well enough, and others wait for them.
        time.sleep(dice.random() * (5 if days_late else 1))
        number += 1
        who = f"probe-{os.getpid()}-{days_late}-{number}"
        event = event_of(who, random.Random(5), number)
        event |= {"event_id": who, "occurred_at": f"{day}T12:00:00"}
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
    sender = Sender(users, given.rate)
    seen: list[float] = []
    late_seen: list[float] = []
    took: list[float] = []
    threads = [
        threading.Thread(target=probe, args=(given.seconds, seen)),
        threading.Thread(target=probe, args=(given.seconds, late_seen, 40)),
        threading.Thread(target=read, args=(users, given.seconds, took)),
    ]
    before, processor = world.memory(), world.processor()
    for thread in threads:
        thread.start()
    rate = sender.send(given.seconds)
    for thread in threads:
        thread.join()
    taken = (world.processor() - processor) / given.seconds
    print(f"rate kept: {rate:.0f} events/s, {sender.number:,} in all")
    print(f"processor: {taken:.2f} s a second")
    print(
        f"event -> score seen, ms: median {1000 * statistics.median(seen):.0f},"
        f" p95 {at(0.95, seen)}, most {at(1, seen)}, of {len(seen)}"
    )
    print(
        f"the same, 40 days late, ms: median {1000 * statistics.median(late_seen):.0f},"
        f" most {at(1, late_seen)}, of {len(late_seen)}"
    )
    print(f"GET score, ms: median {at(0.5, took)}, p99 {at(0.99, took)}")
    print(f"memory, MB: {before:.0f} -> {world.memory():.0f}")
    if given.kills:
        kill(world, sender, given.kills)
    compare(world, sorted(set(sender.accepted.values())))


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


def time_cli(world: World, who: str, answer: dict) -> float:
    """Return the seconds that the CLI takes to say the score that the server said."""
    begun = time.perf_counter()
    database = world.folder / "published" / "scores.duckdb"
    query = f"select score_so_far from score_now('{who}') where points is null"
    said = subprocess.run(
        [BIN / "duckdb", "-readonly", "-list", "-noheader", database, query],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    took = time.perf_counter() - begun
    if said.strip() != str(answer.get("score", "NULL")):
        raise SystemExit(f"score_now says {said.strip()} of {who}, the server {answer}")
    return took


def compare(world: World, sent: list[str]) -> None:
    """Build everything, and compare with what live said about some who had events."""
    settle()
    some = random.Random(3).sample(sent, min(SAMPLE, len(sent)))
    answers = {who: ask(f"/scores/{who}") for who in some}
    in_cli = [time_cli(world, who, answers[who]) for who in some[:IN_CLI]]
    print(
        f"score_now in the CLI, ms: median {at(0.5, in_cli)}, most {at(1, in_cli)},"
        f" of {len(in_cli)}, each as the server said"
    )
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
        if {name: answers[who].get(name) for name in COMPARED} != built.get(who)
        and not (who not in built and "error" in answers[who])
    ]
    print(
        f"compared {len(some)} people with the build: {len(other)} differ {other[:3]}"
    )


if __name__ == "__main__":
    main()
