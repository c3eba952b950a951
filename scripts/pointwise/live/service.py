"""Follows the event files, the journal and the publication, in a thread of its own."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

from pointwise.core.errors import PointwiseError
from pointwise.core.published import current_id
from pointwise.importing.report import panel_conditions
from pointwise.live.journal import Journal
from pointwise.live.scores import KEPT_CHANGES, RECENT_DAYS, Change, LiveScores
from pointwise.live.shapes import Shapes
from pointwise.sources.listing import FoundFile, find_files

LOG = logging.getLogger("pointwise.live")
# Seconds: between two turns; how often at most events become a file, since builds read
# them one by one; how often files are looked for, and the as-of date is checked;
# how often that while files come, if none has a later day; and how long to wait after
# what did not work.
TURN_EVERY, LAND_EVERY, FOLLOW_EVERY = 0.1, 0.35, 0.7
DATE_EVERY, DATE_EVERY_IF_BUSY = 2.0, 30.0
RETRY_AFTER = 2.0
# Seconds after which a thread that runs Python lets others do so, where they wait: a
# turn is some hundred queries, and waits after each for those who read requests.
SWITCH_EVERY = 0.0005


class Service:
    """Live scores that go on: from publication to publication."""

    def __init__(
        self,
        published: Path,
        pattern: str,
        journal: Journal,
        panel: Path,
        memory_limit: str = "2GB",
    ) -> None:
        self.published, self.pattern, self.journal = published, pattern, journal
        self.memory_limit = memory_limit
        self.shapes = Shapes(properties_of(panel))
        self.live: LiveScores | None = None
        self.changes: deque[Change] = deque(maxlen=KEPT_CHANGES)
        # They go on where changes are forgotten: who listens asks for higher ones.
        self.numbers = count(1)
        # Why there are no live scores, or what went wrong last; None if nothing did.
        self.trouble: str | None = "starting"
        self.is_disk_full = False
        self.absorbed_files = 0
        self.changed_files: list[str] = []
        self.last_absorbed_at: str | None = None
        self.seconds_of_turn = self.turn_begun_at = 0.0
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self.landed_at = self.followed_at = self.dated_at = 0.0
        self.refused: str | None = None
        self.has_new_files = False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def start(self) -> None:
        """Begin to follow."""
        sys.setswitchinterval(SWITCH_EVERY)
        self.thread.start()

    def stop(self) -> None:
        """Make an event file of what is in the journal, and end."""
        self.stopping.set()
        self.woken.set()
        self.thread.join()
        self.journal.close()

    def run(self) -> None:
        """Take turns until it is to stop."""
        while not self.stopping.is_set():
            # After a long turn there is enough to go on with.
            self.woken.wait(max(TURN_EVERY - self.seconds_of_turn, 0))
            self.woken.clear()
            begun, self.turn_begun_at = time.monotonic(), time.time()
            try:
                self.turn()
            except Exception as error:  # or /health would not know of the end
                self.fail(error)
                self.stopping.wait(RETRY_AFTER)
            self.seconds_of_turn = time.monotonic() - begun
        try:
            self.land()
        except OSError as error:
            LOG.warning("not landed: %s", type(error).__name__)

    def fail(self, error: Exception) -> None:
        """Say that a turn failed, and begin from the publication in the next one.

        The log has no words of events: DuckDB's errors may quote them.
        """
        LOG.warning("a turn failed: %s", type(error).__name__)
        self.trouble = f"a turn failed ({type(error).__name__}): trying again"
        if self.live is not None and not isinstance(error, OSError):
            live, self.live = self.live, None
            live.close()

    def turn(self) -> None:
        """Land what came, take over a new publication, and score."""
        now = time.monotonic()
        landed = self.land() if now - self.landed_at >= LAND_EVERY else []
        if landed or now - self.followed_at >= FOLLOW_EVERY:
            self.followed_at = now
            self.take_over()
            self.follow(landed)
        if self.live:
            self.settle(self.live, now)

    def settle(self, live: LiveScores, now: float) -> None:
        """Check the as-of date now and then, while events come in."""
        can_wait = self.has_new_files and not (live.has_backlog or live.has_later_day)
        every = DATE_EVERY_IF_BUSY if can_wait else DATE_EVERY
        is_time = now - self.dated_at >= every
        if can_wait and is_time:
            live.look_beside()
        elif is_time or live.has_looked:
            live.settle()
        # Of a new day, there are more to score: at once, with events in between.
        if is_time and not live.has_backlog:
            self.dated_at = now

    def land(self) -> list[Path]:
        """Make event files of the journal; note it if the disk is full."""
        if not self.journal.has_lines:
            return []
        self.landed_at = time.monotonic()
        try:
            landed = self.journal.land(self.shapes)
        except OSError:
            self.is_disk_full = True
            raise
        self.is_disk_full = False
        return landed

    def take_over(self) -> None:
        """Open the current publication if it is another; readers wait for nothing."""
        published = current_id(self.published)
        if published is None:
            self.trouble = "nothing is published yet: run `dbt build`"
            return
        if self.live is not None and self.live.generation.id == published:
            return
        if published == self.refused:
            return
        if self.live is not None:
            self.live.finish()
        try:
            # Of few rows, two threads wait for each other; other queries run beside.
            live = LiveScores.open(self.published, self.memory_limit, threads=1)
            live.keep_recent(RECENT_DAYS)
            threading.Thread(target=live.note_files, daemon=True).start()
            live.absorb(live.new_files(self.files_before()), is_news=False)
        except PointwiseError as error:
            # As after an erasure: what was known before must not be said any more.
            self.refused, self.trouble = published, str(error)
            self.changes.clear()
            if self.live is not None:
                before, self.live = self.live, None
                before.close()
            LOG.warning("no live scores of publication %s", published)
            return
        before, self.refused = self.live, None
        live.changes, live.numbers = self.changes, self.numbers
        self.live, self.trouble = live, None
        self.shapes = Shapes(live.rescorer.readers.properties)
        LOG.info("took over publication %s", published)
        if before is not None:
            before.retire()

    def files_before(self) -> list[FoundFile]:
        """Return files of which nothing is news: those read before a publication.

        At first that is all, as what moved while nobody listened is no news.
        """
        found = find_files(self.pattern)
        if self.live is None:
            return found
        return [file for file in found if self.live.has_seen(file.file)]

    def follow(self, landed: list[Path]) -> None:
        """Read event files that are new, and note those that a build must look at."""
        if self.live is None:
            return
        found = find_files(self.pattern)
        own = list(map(str, landed)) if self.live.rescorer.readers.own_plan else []
        new = self.live.new_files(found, own)
        self.changed_files = self.live.changed_files(found)
        self.has_new_files = bool(new)
        if new or self.live.put_off:
            ids = self.live.absorb_beside(new)
            self.absorbed_files += len(new)
            self.last_absorbed_at = datetime.now(UTC).isoformat(timespec="milliseconds")
            LOG.info("read %d event files, scored %d ids", len(new), ids)
        self.trouble = None

    def crossed(self, since: datetime) -> list[Change]:
        """Return who is in another band than at a time, the highest score first.

        A change a person: from the first band that they left to the one they are in.
        """
        persons: dict[str, tuple[Change, Change]] = {}
        for change in list(self.changes):
            if datetime.fromisoformat(change.at) >= since:
                first, _ = persons.get(change.user_id, (change, change))
                persons[change.user_id] = first, change
        crossed = [
            replace(
                last,
                previous_band=first.previous_band,
                previous_score=first.previous_score,
            )
            for first, last in persons.values()
            if first.previous_band != last.band
        ]
        return sorted(crossed, key=lambda one: (-(one.score or 0), one.user_id))

    def health(self) -> dict[str, Any]:
        """Return what an operator, or a monitor, asks."""
        live = self.live
        is_well = live is not None and self.trouble is None and not self.is_disk_full
        return {
            "status": "ok" if is_well else "trouble",
            "trouble": "the disk is full" if self.is_disk_full else self.trouble,
            "publication": live.generation.id if live else None,
            "published_at": live.generation.facts["published_at"] if live else None,
            "as_of_date": live and live.as_of_date,
            "files_since": len(live.since) if live else None,
            "events_waiting": self.journal.lines + (live.ids_waiting if live else 0),
            "last_scored_at": self.last_absorbed_at,
            "turn_begun_at": self.turn_begun_at,
            "seconds_of_last_turn": round(self.seconds_of_turn, 3),
            "is_scoring_everyone": bool(live and live.has_backlog),
            "files_set_aside": len(live.set_aside) if live else None,
            "files_changed_since_the_build": len(self.changed_files),
        }


def properties_of(panel: Path) -> list[str]:
    """Return the properties that the conditions of event types read."""
    from pointwise.importing.columns import EVENT_COLUMNS

    found = dict.fromkeys(one["column"] for one in panel_conditions(panel))
    return [name for name in found if name not in EVENT_COLUMNS]
