"""`pointwise live` in a process of its own, and requests to it."""

from __future__ import annotations

import json
import resource
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from conftest import PROJECT, Scratch

PATIENCE = 240.0


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """A running server; `kill` ends it as a crash would."""

    def __init__(
        self, scratch: Scratch, *arguments: str, largest_file: int | None = None
    ) -> None:
        self.port = free_port()

        def limit() -> None:
            if largest_file:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file,) * 2)

        self.log = (scratch.folder / "live.log").open("ab")
        command = (sys.executable, "-m", "pointwise.cli", "live")
        self.process = subprocess.Popen(
            [*command, "--port", str(self.port), *arguments],
            cwd=PROJECT,
            env=scratch.environment,
            stdout=self.log,
            stderr=self.log,
            preexec_fn=limit,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *ended: object) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self.log.close()

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def ask(
        self,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        """Return status and answer of a request; a POST where there is a body."""
        given = {"content-type": "application/json", **(headers or {})}
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, body, given)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            content = error.read()
            try:
                return error.code, json.loads(content)
            except ValueError:
                return error.code, content

    def post(self, events: object) -> tuple[int, Any]:
        """Send events."""
        return self.ask("/events", json.dumps(events).encode())

    def wait_for(self, holds: Callable[[dict], bool]) -> dict:
        """Return what /health says once a condition on it holds."""
        end = time.monotonic() + PATIENCE
        found: Any = None
        while time.monotonic() < end:
            assert self.process.poll() is None, "the server has ended"
            try:
                _, found = self.ask("/health")
                if holds(found):
                    return found
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.05)
        raise AssertionError(f"waited without success: {found}")

    def wait_until_scored(self) -> dict:
        """Return what /health says once all that was taken is scored."""
        self.wait_for(lambda found: found["status"] == "ok")

        def is_after(moment: float) -> dict:
            return self.wait_for(
                lambda found: (
                    found["events_waiting"] == 0
                    and not found["is_scoring_everyone"]
                    and found["turn_begun_at"] > moment
                )
            )

        # A turn that has begun may still be scoring: the next one begins when it ends.
        return is_after(is_after(time.time() + 2.5)["turn_begun_at"])
