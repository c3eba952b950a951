"""Live scores by HTTP: events come in, scores and changes go out, as JSON.

POST /events          one event, a list, or a batch; on disk before the answer
GET  /scores/{id}     a person's score now, with every point
GET  /top             the people to talk to, best first
GET  /changes         who comes to another band, as server-sent events
GET  /crossed         who is in another band than this morning, as a list
GET  /health          how it is
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import queue
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import duckdb
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from pointwise.live import LOCAL_HOSTS
from pointwise.live.scores import LiveScores
from pointwise.live.service import Service
from pointwise.live.shapes import ShapeError, events_in

LOG = logging.getLogger("pointwise.live")
LARGEST_BODY = 5 << 20
# A larger body is read up to here, and thrown away: most senders listen only then.
READ_IN_VAIN = 4 * LARGEST_BODY
MOST_EVENTS = 5_000
BODY_SECONDS = 20.0
MOST_LISTENERS = 100
MOST_OF_A_LIST = 1_000
HEARTBEAT_SECONDS, LOOK_SECONDS = 15.0, 0.25
# As requests name this machine: an address with colons stands in brackets.
LOCAL = frozenset((*LOCAL_HOSTS, "[::1]"))


class Refusal(Exception):  # noqa: N818 -- an answer, no error of ours
    """An answer other than 200, with a line for a person."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


def answer(content: object, status: int = 200) -> Response:
    """Return an answer in JSON; dates are texts, decimals numbers."""
    body = json.dumps(content, default=as_json, ensure_ascii=False)
    return Response(body, status, media_type="application/json")


def as_json(value: Any) -> object:  # noqa: ANN401
    """Return a value of DuckDB's as JSON has it."""
    return value.isoformat() if hasattr(value, "isoformat") else float(value)


async def body_of(request: Request, seconds: float = BODY_SECONDS) -> bytes:
    """Return a body that is neither too large nor too slow."""
    too_large = Refusal(413, f"the body is larger than {LARGEST_BODY >> 20} MB")
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > READ_IN_VAIN:
        raise too_large
    if request.headers.get("content-encoding", "identity") != "identity":
        raise Refusal(415, "send the body as it is, not compressed")
    if "json" not in request.headers.get("content-type", ""):
        raise Refusal(415, "send JSON, with content-type: application/json")
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= LARGEST_BODY:
                    body += chunk
                elif size > READ_IN_VAIN:
                    raise too_large
    except TimeoutError:
        raise Refusal(408, "the body took too long") from None
    if size > LARGEST_BODY:
        raise too_large
    return bytes(body)


class Web:
    """The answers, over a service."""

    def __init__(self, service: Service, token: str | None) -> None:
        self.service, self.token = service, token
        self.listeners = 0
        # Whether the server ends: who listens is let go.
        self.is_ending: Callable[[], bool] = service.stopping.is_set

    def app(self) -> Starlette:
        """Return the application."""
        routes = [
            Route("/events", self.guarded(self.events), methods=["POST"]),
            Route("/scores/{user_id:path}", self.guarded(self.scores)),
            Route("/top", self.guarded(self.top)),
            Route("/changes", self.guarded(self.changes)),
            Route("/crossed", self.guarded(self.crossed)),
            Route("/health", self.guarded(self.health)),
        ]
        return Starlette(routes=routes)

    def guarded(self, endpoint: Callable) -> Callable:
        """Let only those in who may, and answer what goes wrong in a line."""

        async def guard(request: Request) -> Response:
            try:
                self.check(request)
                return await endpoint(request)
            except Refusal as refusal:
                return answer({"error": refusal.reason}, refusal.status)
            except ShapeError as error:
                return answer({"error": str(error)}, 400)
            except ClientDisconnect:
                return answer({"error": "nobody waits for an answer"}, 400)
            except duckdb.Error as error:
                LOG.warning("a read failed: %s", type(error).__name__)
                return answer({"error": "try again in a second"}, 503)

        return guard

    def check(self, request: Request) -> None:
        """Refuse strangers: by a token, or else who is not on this machine.

        A page in a browser that calls itself another name for this machine is one.
        """
        if self.token is None:
            host = request.headers.get("host", "")
            if host.rpartition(":")[0] not in LOCAL and host not in LOCAL:
                raise Refusal(403, "only for this machine: see --host")
            return
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise Refusal(401, "send the token: Authorization: Bearer TOKEN")

    def live(self) -> LiveScores:
        """Return the scores; refuse while there are none."""
        if self.service.live is None:
            raise Refusal(503, f"no live scores: {self.service.trouble}")
        return self.service.live

    async def events(self, request: Request) -> Response:
        """Take events: all of a body, or none of it."""
        lines = await run_in_threadpool(self.lines_of, await body_of(request))
        if lines:
            try:
                await asyncio.wrap_future(self.service.journal.put(lines))
            except queue.Full:
                raise Refusal(503, "too many wait for the disk: try again") from None
            except OSError as error:
                self.service.is_disk_full = True
                LOG.warning("not written: %s", error.strerror)
                reason = "the disk is full, or cannot be written"
                raise Refusal(507, f"{reason}: nothing was taken") from None
        return answer({"accepted": len(lines)})

    def lines_of(self, body: bytes) -> list[bytes]:
        """Return the events of a body as lines of the journal."""
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        events = events_in(body)
        if len(events) > MOST_EVENTS:
            raise Refusal(413, f"more than {MOST_EVENTS:,} events in one body")
        live = self.service.live
        if live and not live.rescorer.readers.own_plan:
            raise Refusal(
                409,
                "the setting event_columns names other columns than events here have:"
                " write files into the events folder instead",
            )
        accepted = self.service.shapes.accepted
        return [
            json.dumps(accepted(number, event, now)).encode() + b"\n"
            for number, event in enumerate(events, 1)
        ]

    async def scores(self, request: Request) -> Response:
        """Answer a person's score by any of the person's ids."""
        user_id = request.path_params["user_id"]
        found = await run_in_threadpool(self.live().score, user_id)
        if found is None:
            raise Refusal(404, "nobody is scored by this id")
        return answer(found)

    async def top(self, request: Request) -> Response:
        """Answer the people to talk to."""
        try:
            limit = int(request.query_params.get("limit", "20"))
        except ValueError:
            limit = 0
        if not 1 <= limit <= MOST_OF_A_LIST:
            raise Refusal(400, f"limit is a number from 1 to {MOST_OF_A_LIST:,}")
        with_visitors = request.query_params.get("with_visitors") == "true"
        live = self.live()
        rows = await run_in_threadpool(live.top, limit, with_visitors)
        return answer({"as_of_date": live.as_of_date, "people": rows})

    async def changes(self, request: Request) -> Response:
        """Answer who came to another band, from now on or after a number."""
        seen = request.headers.get("last-event-id") or request.query_params.get("after")
        if seen is not None and not seen.isdecimal():
            raise Refusal(400, "after is the number of a change")
        if self.listeners >= MOST_LISTENERS:
            raise Refusal(503, "too many listen already")
        return StreamingResponse(
            self.stream(None if seen is None else int(seen)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store"},
        )

    async def stream(self, after: int | None) -> AsyncIterator[str]:
        """Yield changes as they come, and a sign of life in between."""
        self.listeners += 1
        changes = self.service.changes
        if after is None:
            after = changes[-1].number if changes else 0
        quiet = 0.0
        try:
            yield ": pointwise\n\n"
            while not self.is_ending():
                new = [change for change in list(changes) if change.number > after]
                for change in new:
                    after = change.number
                    data = json.dumps(asdict(change), ensure_ascii=False)
                    yield f"id: {change.number}\nevent: band\ndata: {data}\n\n"
                quiet = 0.0 if new else quiet + LOOK_SECONDS
                if quiet >= HEARTBEAT_SECONDS:
                    quiet = 0.0
                    yield ": still here\n\n"
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self.listeners -= 1

    async def crossed(self, request: Request) -> Response:
        """Answer who is in another band than at a time: midnight, if none is given."""
        midnight = (
            datetime.now()
            .astimezone()
            .replace(hour=0, minute=0, second=0, microsecond=0)
        )
        try:
            asked = request.query_params.get("since")
            since = datetime.fromisoformat(asked).astimezone() if asked else midnight
        except (ValueError, OverflowError):
            raise Refusal(400, "since is a time such as 2026-06-28T09:00:00Z") from None
        self.live()
        people = await run_in_threadpool(self.service.crossed, since)
        return answer({"since": since, "people": [asdict(change) for change in people]})

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        """Answer how it is: 200 if well, else 503."""
        found = await run_in_threadpool(self.service.health)
        return answer(found, 200 if found["status"] == "ok" else 503)
