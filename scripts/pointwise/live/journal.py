"""Events on disk before they are answered, and in an event file within a second.

A segment of the journal is JSON lines, a line an event. Once closed it becomes one
event file of the segment's name, by one rename, and goes. A kill at any moment leaves a
segment that the next start turns into the file, or finds turned: no event twice, none
lost.
"""

from __future__ import annotations

import json
import os
import queue
import threading
from collections import defaultdict
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet

from pointwise.core.errors import PointwiseError
from pointwise.live.shapes import Shapes
from pointwise.publishing.files import make_durable_folder

SUFFIX = ".jsonl"
# The most events that may wait for the disk: then senders are asked to come again.
MOST_WAITING = 200


class Journal:
    """Takes lines from any thread; one thread writes them, many at once."""

    def __init__(self, events: Path) -> None:
        # A hidden folder is no delivery: builds do not look into it.
        folder = events / ".live"
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.events = folder, events
        self.lock = threading.Lock()
        self.is_locked_by = hold(folder / ".lock")
        self.closed = sorted(folder.glob(f"*{SUFFIX}"))
        self.file: Any = None
        self.path: Path | None = None
        self.lines = 0
        self.waiting: queue.Queue = queue.Queue(MOST_WAITING)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def put(self, lines: list[bytes]) -> Future:
        """Return what is done when these lines are on disk, or raises OSError.

        Raises queue.Full if too many wait.
        """
        done: Future = Future()
        self.waiting.put_nowait((lines, done))
        return done

    def run(self) -> None:
        """Write what waits, with one fsync for all of it."""
        while True:
            taken = [self.waiting.get()]
            with suppress(queue.Empty):
                while True:
                    taken.append(self.waiting.get_nowait())
            is_end = any(lines is None for lines, _ in taken)
            asked = [(lines, done) for lines, done in taken if lines is not None]
            if asked:
                try:
                    self.write([line for lines, _ in asked for line in lines])
                except BaseException as error:  # passed to each sender
                    for _, done in asked:
                        done.set_exception(error)
                else:
                    for _, done in asked:
                        done.set_result(None)
            if is_end:
                return

    def write(self, lines: list[bytes]) -> None:
        """Append lines to the open segment and bring them to the disk.

        What was written in part is taken back.
        """
        with self.lock:
            if self.file is None:
                self.path = new_path(self.folder)
                self.file = self.path.open("xb", buffering=0)
                self.lines = 0
                make_durable_folder(self.folder)
            end = self.file.tell()
            try:
                content = b"".join(lines)
                written = self.file.write(content)
                if written != len(content):
                    raise OSError(28, os.strerror(28))
                os.fsync(self.file.fileno())
            except OSError:
                self.file.truncate(end)
                self.file.seek(end)
                raise
            self.lines += len(lines)

    @property
    def has_lines(self) -> bool:
        """Whether there is something to make event files of."""
        return bool(self.closed) or self.lines > 0

    def land(self, shapes: Shapes) -> list[Path]:
        """Close the open segment, make event files of all, and return them.

        Raises OSError if the disk is full: nothing is lost, and it can be tried again.
        """
        with self.lock:
            if self.file is not None and self.lines:
                self.file.close()
                self.closed.append(self.path)
                self.file, self.path, self.lines = None, None, 0
        landed = []
        while self.closed:
            path = land_segment(self.closed[0], self.events, shapes)
            landed += [path] if path else []
            self.closed.pop(0)
        return landed

    def close(self) -> None:
        """Write what waits and end."""
        self.waiting.put((None, None))
        self.thread.join()
        if self.file is not None:
            self.file.close()
        os.close(self.is_locked_by)


def hold(path: Path) -> int:
    """Keep a second service from the same journal while this process lives."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # Windows: there, nothing keeps a second one away
        pass
    except OSError as error:
        os.close(descriptor)
        raise PointwiseError(
            f"another `pointwise live` writes to {path.parent}: stop it first"
        ) from error
    return descriptor


def new_path(folder: Path) -> Path:
    """Return a name for a segment: when it began, and something of its own."""
    at = datetime.now(UTC)
    return folder / f"live-{at:%Y%m%dT%H%M%S%f}-{os.urandom(4).hex()}{SUFFIX}"


def land_segment(segment: Path, events: Path, shapes: Shapes) -> Path | None:
    """Make the event file of a segment, unless it is there, and remove the segment."""
    path = events / f"{segment.stem}.parquet"
    if not path.exists():
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        arrived_at = ""
        for line in segment.read_bytes().split(b"\n")[:-1]:
            # One that was written in part was never answered.
            with suppress(ValueError):
                arrived_at, name, event = json.loads(line)
                found[name].append(event)
        if not found:
            segment.unlink()
            return None
        # Not beside the others: what reads all Parquet files would read half of one.
        draft = segment.with_suffix(".draft")
        try:
            with draft.open("wb") as file:
                pyarrow.parquet.write_table(
                    shapes.table(found, arrived_at), file, compression="zstd"
                )
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        draft.replace(path)
        make_durable_folder(events)
    segment.unlink()
    return path
