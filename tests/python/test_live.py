"""`pointwise live` by HTTP: what it takes, refuses, survives and says."""

from __future__ import annotations

import json
import math
import socket
import threading
import time
import urllib.request
from contextlib import ExitStack
from datetime import datetime
from typing import Any
from urllib.parse import quote

import pytest

from conftest import Scratch, last_lines
from live_server import PATIENCE, Server
from live_worlds import Stream, without_others
from oracle_events import Row
from pointwise.live.scores import LiveScores
from pointwise.live.web import BODY_SECONDS
from pointwise.sources.listing import find_files
from test_oracle import BUILDS

# Events in a body, and bodies until the server is killed.
AT_ONCE, A_LIFE = 20, 9


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """Worlds that were built when only their first events were there."""
    stream = Stream(Scratch(tmp_path_factory.mktemp("live")), BUILDS[1])
    stream.write(0)
    stream.publish()
    return stream


def as_event(row: Row) -> dict[str, Any]:
    """Return a row as a sender has it."""
    event = {}
    for name, value in row.items():
        if isinstance(value, datetime):
            event[name] = value.isoformat()
        elif not (isinstance(value, float) and math.isnan(value)):
            event[name] = value
    return event


def listen(server: Server, lines: list[str]) -> threading.Thread:
    """Collect what /changes says until the server ends."""

    def collect() -> None:
        address = f"http://127.0.0.1:{server.port}/changes"
        try:
            with urllib.request.urlopen(address) as answer:
                lines.extend(line.decode() for line in answer)
        except OSError:
            pass

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    return thread


HOSTILE = [
    (b"", 400, "not valid JSON"),
    (b"{", 400, "not valid JSON"),
    (b"[" * 100_000, 400, "not valid JSON"),
    (b'[{"user_id": NaN}]', 400, "not valid JSON"),
    (b'"text"', 400, "event 1 is not a JSON object"),
    (b"[1]", 400, "event 1 is not a JSON object"),
    (b"{}", 400, "no known shape"),
    (b'{"user_id": "u1", "event_type": "\\u0000"}', 400, "NUL"),
    (b'{"user_id": "\\ud800", "event_type": "a"}', 400, "Unicode"),
    (b'{"user_id": "u", "event_type": ' + b"[" * 90 + b"]" * 90 + b"}", 400, "deep"),
    (b"[" + b"{}," * 5_000 + b"{}]", 413, "more than 5,000 events"),
    (b'{"a": "' + b"x" * (5 << 20) + b'"}', 413, "larger than 5 MB"),
    (b'{"a": "' + b"x" * (10 << 20) + b'"}', 413, "larger than 5 MB"),
]


def test_what_cannot_be_taken_is_refused_in_a_line_and_not_logged(
    stream: Stream,
) -> None:
    scratch = stream.scratch
    with Server(scratch) as server:
        server.wait_for(lambda found: found["status"] == "ok")
        for body, status, reason in HOSTILE:
            found, answer = server.ask("/events", body)
            assert (found, reason in answer["error"]) == (status, True), answer
        for path, headers, status in [
            ("/events", {"content-type": "text/plain"}, 415),
            ("/events", {"content-encoding": "gzip"}, 415),
            ("/events", {"host": "evil.example"}, 403),
        ]:
            assert server.ask(path, b"{}", headers)[0] == status
        for path, status in [
            ("/scores/nobody-whatsoever", 404),
            ("/top?limit=0", 400),
            ("/top?limit=x", 400),
            ("/changes?after=x", 400),
            ("/nothing", 404),
        ]:
            assert server.ask(path)[0] == status
        one = {"user_id": "w000_secret", "event_type": "login", "email": "j@secret.org"}
        assert server.post(one) == (200, {"accepted": 1})
        server.wait_until_scored()
        _, top = server.ask("/top?limit=3")
        scores = [person["score"] for person in top["people"]]
        assert len(scores) == 3
        assert scores == sorted(scores, reverse=True)
    log = (scratch.folder / "live.log").read_text()
    assert "secret" not in log
    assert "Traceback" not in log


def test_clients_that_send_slowly_keep_nobody_waiting(stream: Stream) -> None:
    head = b"POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n"
    with Server(stream.scratch) as server, ExitStack() as open_ones:
        server.wait_for(lambda found: found["status"] == "ok")
        address = ("127.0.0.1", server.port)
        for number in range(100):
            client = open_ones.enter_context(socket.create_connection(address))
            # Half send no whole head, half no whole body.
            rest = b"Content-Type: application/json\r\n\r\n{" if number % 2 else b""
            client.sendall(head + rest)
        begun = time.monotonic()
        one = {"user_id": "w000_u0", "event_type": "login"}
        assert server.post(one) == (200, {"accepted": 1})
        assert server.ask("/top")[0] == 200
        assert time.monotonic() - begun < BODY_SECONDS / 2
        client.settimeout(PATIENCE)
        assert client.recv(100).startswith(b"HTTP/1.1 408 ")


def test_others_are_let_in_with_a_token_only(stream: Stream) -> None:
    scratch = stream.scratch
    result = scratch.pointwise("live", "--host", "0.0.0.0")
    assert result.returncode == 1
    assert "--token-file" in result.stderr
    token = scratch.folder / "token.txt"
    token.write_text("short\n")
    result = scratch.pointwise("live", "--token-file", str(token))
    assert "16 letters or more" in result.stderr
    token.write_text("a-long-secret-of-ours\n")
    with Server(scratch, "--token-file", str(token)) as server:
        given = {"authorization": "Bearer a-long-secret-of-ours"}
        server.wait_for(lambda found: "error" in found)
        assert server.ask("/health")[0] == 401
        wrong = {"authorization": "Bearer a-long-secret"}
        assert server.ask("/health", headers=wrong)[0] == 401
        assert server.ask("/health", headers=given)[0] in (200, 503)


def test_a_full_disk_is_reported_and_reads_go_on(stream: Stream) -> None:
    with Server(stream.scratch, largest_file=20_000) as server:
        server.wait_for(lambda found: found["status"] == "ok")
        large = {"user_id": "w000_u0", "event_type": "x" * 30_000}
        status, answer = server.post(large)
        assert status == 507
        assert "nothing was taken" in answer["error"]
        assert server.ask("/top")[0] == 200
        small = {"user_id": "w000_u0", "event_type": "login"}
        assert server.post(small)[0] == 200
        server.wait_until_scored()


def test_live_is_what_the_next_build_says(
    stream: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 11, with kill -9 in between, and a publication that is taken over.

    Events come by file and by HTTP in no order: late ones, copies, rows that cannot be
    used, machines, events that link ids. At last many come days later, which moves
    everybody to another day.
    """
    scratch = stream.scratch
    began = LiveScores.open(scratch.published)
    events = [as_event(row) for some in stream.steps[2:] for _, row in some]
    batches = [events[n : n + AT_ONCE] for n in range(0, len(events), AT_ONCE)]
    assert len(batches) > A_LIFE
    while batches:
        with Server(scratch) as server:
            server.wait_for(lambda found: found["status"] is not None)
            for _ in range(min(A_LIFE, len(batches))):
                status, answer = server.post(batches[0])
                assert (status, answer) == (200, {"accepted": len(batches[0])})
                batches.pop(0)
            server.kill()
    lines: list[str] = []
    with Server(scratch) as server:
        server.wait_until_scored()
        listener = listen(server, lines)
        stream.write(1)
        assert server.post([as_event(row) for row in stream.later])[0] == 200
        server.wait_until_scored()
        with monkeypatch.context() as patch:
            # So that many are scored a few at a time, as after a restart.
            patch.setattr("pointwise.live.scores.AT_ONCE", 7)
            everything = found_by(began, scratch.environment["POINTWISE_EVENTS"])
        stream.publish("second")
        scores, points = stream.expected()
        # The old publication answers until the new one does.
        found = said_of(server, scores)
        server.wait_for(lambda health: health["publication"].endswith("second"))
        assert server.wait_until_scored()["files_since"] == 0
        assert said_of(server, scores) == found
    listener.join(10)
    assert lines[0].startswith(": pointwise")
    assert any(line.startswith("event: band") for line in lines)
    assert [without_others(row) for row in everything["scores"]] == scores
    assert everything["points"] == points
    answered = [{**row, "contributions": None} for row in found]
    assert answered == [as_json({**row, "contributions": None}) for row in scores]
    named = [point for row in found for point in row["contributions"]]
    assert [list(point.values()) for point in named] == as_json(points)
    assert everything["moved"] > 20


def found_by(live: LiveScores, pattern: str) -> dict[str, Any]:
    """Return what one reading of all that came says, without a server."""
    began_on = live.as_of_date
    before = scores_of(live)
    live.absorb(live.new_files(find_files(pattern)))
    while live.settle():
        pass
    assert live.as_of_date > began_on
    assert live.set_aside == {}
    assert live.changed_files(find_files(pattern)) == []
    found = live.query(
        "select * exclude (user_hash) from since.user_scores order by user_id"
    )
    points = [
        tuple(point.values())
        for row in found
        for point in live.score(row["user_id"])["contributions"]
    ]
    now = scores_of(live)
    live.close()
    moved = sum(score != before.get(user_id) for user_id, score in now.items())
    return {"scores": found, "points": points, "moved": moved}


def scores_of(live: LiveScores) -> dict[str, int]:
    """Return the scores of all people."""
    rows = live.query("select user_id, score from since.user_scores")
    return {row["user_id"]: row["score"] for row in rows}


def said_of(server: Server, scores: list[dict]) -> list[dict]:
    """Return what the server says about people, except for what others decide."""
    found = []
    for row in scores:
        status, answer = server.ask(f"/scores/{quote(row['user_id'], safe='')}")
        assert status == 200, answer
        found.append(without_others(answer))
    return found


def as_json(content: object) -> object:
    """Return what JSON makes of something."""
    return json.loads(json.dumps(content, default=str))


def test_without_a_publication_events_are_taken_and_scores_are_not_there(
    scratch: Scratch,
) -> None:
    with Server(scratch) as server:
        found = server.wait_for(
            lambda found: "nothing is published" in found["trouble"]
        )
        assert found["status"] == "trouble"
        assert server.post({"user_id": "u1", "event_type": "login"})[0] == 200
        assert server.ask("/scores/u1")[0] == 503
        result = scratch.pointwise("live")
        assert "another `pointwise live`" in result.stderr, last_lines(result)
    assert len(list(scratch.events.glob("live-*.parquet"))) == 1
