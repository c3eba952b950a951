"""The scores of now: those published, and those of persons with events since.

One thread calls `absorb` and `settle`; any number read, each with a cursor of its own.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from pointwise.core.errors import PointwiseError
from pointwise.core.published import Generation, current, short_path
from pointwise.core.rows import named_rows
from pointwise.core.sql_text import file_text
from pointwise.live.fold import SMALL_FILES, is_hour_file
from pointwise.live.last_scores import forget, points_of, write_points
from pointwise.live.readers import NewFile
from pointwise.live.rescore import Added, Rescorer, Scored
from pointwise.live.state import folder_of, state_file
from pointwise.sources.listing import FoundFile
from pointwise.sources.reading import Verdict

# Persons who are scored in one go where everyone is, as on a new day; and for whom rows
# of old days are read in one go.
AT_ONCE, READ_AT_ONCE = 5_000, 50_000
KEPT_CHANGES = 10_000
MOST_STRANGERS = 10_000
RECENT_DAYS = 4
# Seconds that who asks for somebody new waits for the batch that is being scored.
PATIENCE = 2.0
OPEN = """
    create table since.user_scores as
    select * exclude (rank, percentile), hash(user_id) as user_hash
    from read_parquet({scores});
    create table since.backlog (user_id varchar);
"""
# What was known of the persons just scored gives way, in one transaction.
REPLACE = """
    begin;
    delete from since.user_scores
    where user_hash in (select user_hash from member_ids)
        and user_id in (select user_id from member_ids);
    insert into since.user_scores by name
    select * exclude (rank, percentile), hash(user_id) as user_hash
    from temp.main.user_scores;
    commit;
"""
MOVES = """
    select
        coalesce(now.user_id, before.user_id) as user_id,
        before.score as previous_score, before.band as previous_band,
        now.score, now.band, now.reason_1, now.reason_2, now.reason_3,
        coalesce(
            not now.is_customer and now.is_named and not now.is_held_out, false
        ) as is_listed
    from temp.main.user_scores as now
    full join (
        select * from since.user_scores
        semi join member_ids using (user_id)
        where user_hash in (select user_hash from member_ids)
    ) as before on now.user_id = before.user_id
    where now.band is distinct from before.band
    order by user_id
"""
EVERYONE = """
    create or replace table since.backlog as
    select user_id from since.user_scores
    union select user_id from internal.ids
    union select user_id from since.came where quarantine_reason is null
"""
ADD_TO_BACKLOG = """
    insert into since.backlog select unnest($1) except from since.backlog
"""
NEXT_OF_BACKLOG = "select user_id from since.backlog limit {at_once}"
# Whether an id had rows when the build ran, or has a link.
IS_KNOWN = """
    select 1 where exists (from internal.ids where user_id = $1)
        or exists (from since.pairs where one = $1)
"""
SCORE_OF = """
    select * exclude (user_hash) from since.user_scores
    where user_hash = hash($1) and user_id = $1
"""
# The columns of a point, beside whose it is.
POINT = ("score_name", "rule", "rule_group", "points", "value", "reason")
PUBLISHED_POINTS = """
    select * from read_parquet({file}) where user_id = $1 and as_of_date = $2
    order by user_id, rule
"""


@dataclass(frozen=True)
class Change:
    """A person who came to another band: None where there is, or was, no score."""

    number: int
    at: str
    user_id: str
    previous_band: str | None
    band: str | None
    previous_score: int | None
    score: int | None
    reasons: list[str]
    # Whether lists have the person: no customer, unknown visitor or held out.
    is_listed: bool


class LiveScores:
    """What one publication says, and what came since."""

    def __init__(
        self, generation: Generation, rescorer: Rescorer, copies: bool = True
    ) -> None:
        self.generation, self.rescorer = generation, rescorer
        self.known = rescorer.known_files()
        # Files since: their size and time, and why some are not read.
        self.since: dict[str, tuple[int, str]] = {}
        self.set_aside: dict[str, str] = {}
        self.changes: deque[Change] = deque(maxlen=KEPT_CHANGES)
        self.numbers = count(1)
        # Ids with usable rows since, and whose those are that were scored since: not in
        # tables, as they are looked up with every question.
        self.came: set[str] = set()
        # Ids that were asked for since the last rows came, and that nobody has: who
        # waits for somebody new asks again and again.
        self.strangers: set[str] = set()
        self.person_of: dict[str, str] = {}
        # Score and points of persons scored since, as JSON.
        self.points_of: dict[str, str] = {}
        self.placed = threading.Condition()
        # Beside what comes next: how many are scored, whose old days are read, and
        # whether the as-of date moves; and who waits for old days. Other threads ask.
        self.beside = ThreadPoolExecutor(3)
        self.scoring: tuple[Future[None], int] | None = None
        self.dating: Future[bool] | None = None
        # Whose old days are to be read, are being read, and have been.
        self.late, self.in_hand, self.fetched = (frozenset[str]() for _ in range(3))
        self.lates = threading.Lock()
        # Whether people are left who are to be scored anew, and whether rows came that
        # may lead to another day; and of these, some of a later one.
        self.has_backlog = self.may_have_moved = self.has_later_day = False
        self.is_news = True
        self.writer, self.other_writer = rescorer.cursor(), rescorer.cursor()
        self.published_points = file_text(
            generation.folder / "score_contributions.parquet"
        )
        scores = file_text(generation.folder / "user_scores.parquet")
        self.points_folder = folder_of(rescorer.state)
        if copies:
            forget(self.points_folder)
            self.writer.execute(OPEN.format(scores=scores))

    @classmethod
    def of(
        cls,
        generation: Generation,
        state: Path,
        memory_limit: str = "2GB",
        copies: bool = True,
        threads: int = 2,
    ) -> LiveScores:
        """Return the scores of a generation and its state, before anything came."""
        return cls(generation, Rescorer(state, memory_limit, threads), copies)

    @classmethod
    def open(
        cls,
        published: Path,
        memory_limit: str = "2GB",
        copies: bool = True,
        threads: int = 2,
    ) -> LiveScores:
        """Return those of the current publication.

        Without `copies` only `read` and `score_anew` are of use, and it opens at once.
        `threads` are those of one query.

        Raises PointwiseError if there is none, or it has no state.
        """
        generation = current(published, content=False)
        if generation is None:
            raise PointwiseError(
                f"no published scores in {short_path(published)}: run `dbt build` first"
            )
        state = state_file(published, generation.id)
        if not state.exists():
            raise PointwiseError(
                f"{short_path(state)} is not there: a `dbt build` that publishes writes"
                " it, with the module `live` on; an erasure removes it"
            )
        return cls.of(generation, state, memory_limit, copies, threads)

    def keep_recent(self, days: int) -> None:
        """Keep the published rows of the last days in memory, for speed."""
        self.rescorer.keep_recent(days)

    def note_files(self) -> None:
        """Note whose rows old files have, for speed, until that is done or it closes.

        Late events are counted with the rows of their days.
        """
        with suppress(duckdb.Error):
            self.rescorer.note_files()

    def close(self) -> None:
        """Let go of the publication, at once."""
        self.beside.shutdown(wait=False, cancel_futures=True)
        self.writer.close()
        self.rescorer.connection.close()

    def retire(self) -> None:
        """Let go of it when who reads from it has done so."""
        with self.lates:
            self.late = frozenset()
        self.beside.shutdown(wait=False, cancel_futures=True)
        self.writer.close()

    # -- Following files --------------------------------------------------------------

    def new_files(
        self, found: list[FoundFile], own: Iterable[str] = ()
    ) -> list[NewFile]:
        """Return files that are not known yet; note which a build must look at.

        How those of our `own` are read is known.
        """
        unknown = [
            file
            for file in found
            if file.reason is None
            and file.file not in self.known
            and not is_hour_file(file.file)
            and (file.file not in self.since or self.is_mended(file))
        ]
        readers, ours = self.rescorer.readers, set(own)
        foreign = [file.file for file in unknown if file.file not in ours]
        judged = {verdict.file: verdict for verdict in readers.judge(foreign)}
        new = []
        for file in unknown:
            verdict = judged.get(file.file) or Verdict(file.file, plan=readers.own_plan)
            self.since[file.file] = _, modified_at = written(file)
            self.set_aside.pop(file.file, None)
            if verdict.reason is not None:
                self.set_aside[file.file] = verdict.reason
            else:
                new.append(NewFile(file.file, modified_at, verdict.plan))
        return new

    def has_seen(self, file: str) -> bool:
        """Whether a file of this name was there, for the build or since."""
        return file in self.known or file in self.since

    def is_mended(self, file: FoundFile) -> bool:
        """Whether a file that could not be read is another by now, as if copied."""
        return file.file in self.set_aside and self.since[file.file] != written(file)

    def changed_files(self, found: list[FoundFile]) -> list[str]:
        """Return known files that are others now, or gone: a build sees that.

        Small files go when the file of their hour is published.
        """
        there = {file.file: written(file) for file in found}
        return sorted(
            file
            for file, as_known in {**self.known, **self.since}.items()
            if there.get(file) != as_known
            and (file in there or not Path(file).match(SMALL_FILES))
        )

    # -- Scoring ----------------------------------------------------------------------

    def read(self, files: list[NewFile]) -> None:
        """Read files, and let the as-of date be that of the next build."""
        ids = self.rescorer.add(files).ids
        if not ids or self.rescorer.cannot_move(self.writer):
            return
        self.rescorer.count_days(self.writer, ids)
        self.rescorer.mark(self.writer)
        self.has_moved(self.rescorer.cursor())

    def score_anew(
        self, user_id: str, unless_written_after: datetime | None = None
    ) -> tuple[Scored, str]:
        """Score the person of an id and those it was taken for; return the person.

        With a time, `score_now` finds it, unless another process wrote since then.
        """
        with self.rescorer.cursor() as cursor:
            scored = self.rescorer.score(cursor, [user_id])
            if unless_written_after is not None:
                points = points_of(cursor, self.files_read)
                write_points(points, self.points_folder, unless_written_after)
            person = cursor.execute(
                "select person_id from temp.main.int_person_links where user_id = $1",
                [user_id],
            ).fetchall()
        return scored, person[0][0] if person else user_id

    def absorb(
        self,
        files: list[NewFile],
        moves_as_of_date: bool = True,
        is_news: bool = True,
    ) -> int:
        """Read files and score whom their rows touch; return how many ids that were.

        Where the as-of date does not move here, `settle` lets it. Where many are
        touched, `settle` scores them; who asks for one of them waits for that one only.
        Who comes to another band is listed if it `is_news`.
        """
        added = self.add(files)
        if len(added.ids) > AT_ONCE:
            self.put_in_backlog(added.ids, is_news)
        elif added.ids:
            self.count(added.ids)
            if moves_as_of_date:
                self.look_at_date()
            self.put_in_place(self.writer, is_news)
        return len(added.ids)

    def absorb_beside(self, files: list[NewFile]) -> int:
        """The same, in part beside what comes next; return how many ids it scores.

        Who was counted is scored while the next files are read. Whose old days are to
        be read first is scored later, as nobody else need wait for that.
        """
        added = self.add(files)
        if len(added.ids) > AT_ONCE:
            self.put_in_backlog(added.ids, is_news=True)
            return len(added.ids)
        ids = self.whom_now(added.ids, [] if added.has_later_day else added.late)
        if ids:
            self.count(ids)
            self.finish()
            task = self.beside.submit(self.put_in_place, self.writer, is_news=True)
            self.scoring = task, len(ids)
            self.writer, self.other_writer = self.other_writer, self.writer
        return len(ids)

    def add(self, files: list[NewFile]) -> Added:
        """Read files."""
        added = self.rescorer.add(files)
        self.came.update(added.ids)
        # Another set: a question that began before may still add to the old one.
        self.strangers = set()
        self.has_later_day |= added.has_later_day
        return added

    def count(self, ids: list[str]) -> None:
        """Count what persons did, so that they can be scored."""
        self.rescorer.count(self.writer, ids)
        self.rescorer.mark(self.writer)
        self.may_have_moved = True

    def put_in_backlog(self, ids: list[str], is_news: bool) -> None:
        """Leave it to `settle` to score them, in parts.

        What they are counted with is read here, once for all parts; of very many it
        is too much to hold, and each part reads its own.
        """
        if len(ids) <= READ_AT_ONCE:
            self.rescorer.fetch(ids)
        self.writer.execute(ADD_TO_BACKLOG, [ids])
        self.has_backlog, self.is_news = True, is_news

    def finish(self) -> None:
        """Wait until those are scored who are being scored; raise what went wrong."""
        if self.scoring is not None:
            task, _ = self.scoring
            try:
                task.result()
            finally:
                self.scoring = None

    def whom_now(self, ids: list[str], late: list[str]) -> list[str]:
        """Return whom to score now: all but those whose old days are being read.

        That is done beside, by one thread. Who is late again meanwhile is scored all
        the same, or would never be.
        """
        with self.lates:
            self.late |= set(late)
            fetched, self.fetched = self.fetched, frozenset()
            if self.late and not self.in_hand:
                self.in_hand, self.late = self.late, frozenset()
                self.beside.submit(self.fetch_in_hand)
            return sorted((set(ids) - self.late - self.in_hand) | fetched)

    def fetch_in_hand(self) -> None:
        """Read old days of persons, and of who comes meanwhile, until none wait."""
        while True:
            # Where that fails, they are read with the scoring.
            with suppress(Exception):
                self.rescorer.fetch(self.in_hand)
            with self.lates:
                self.fetched |= self.in_hand
                self.in_hand, self.late = self.late, frozenset()
                if not self.in_hand:
                    return

    @property
    def put_off(self) -> frozenset[str]:
        """Whose events are read, but not scored yet, for their old days."""
        with self.lates:
            return self.late | self.in_hand | self.fetched

    @property
    def ids_waiting(self) -> int:
        """Of how many ids events are read, but not yet in the score."""
        scoring = self.scoring
        is_scored = scoring is None or scoring[0].done()
        return len(self.put_off) + (0 if is_scored else scoring[1])

    def has_moved(self, cursor: duckdb.DuckDBPyConnection) -> bool:
        """Let the as-of date be that of the next build; return whether it moved."""
        with cursor:
            return self.rescorer.move_as_of_date(cursor)

    def settle(self) -> bool:
        """Score some of those who are to be scored anew; return whether there were any.

        The as-of date moves when it is known of all when they were active.
        """
        self.finish()
        if not self.has_backlog:
            self.look_at_date()
        if not self.has_backlog:
            return False
        rows = self.writer.execute(NEXT_OF_BACKLOG.format(at_once=AT_ONCE)).fetchall()
        if not rows:
            # By now it is known when all of them were active.
            self.is_news = True
            self.has_backlog = self.look_at_date()
            return self.has_backlog
        self.count([user_id for (user_id,) in rows])
        self.put_in_place(self.writer, self.is_news)
        self.writer.execute(
            "delete from since.backlog"
            " where user_id in (select user_id from member_ids)"
        )
        return True

    def look_beside(self) -> None:
        """Begin to look whether it is another day, beside what comes next.

        `settle` takes up what that comes to.
        """
        if self.dating is None and self.may_have_moved and not self.has_backlog:
            self.may_have_moved = self.has_later_day = False
            self.dating = self.beside.submit(self.has_moved, self.rescorer.cursor())

    @property
    def has_looked(self) -> bool:
        """Whether what was begun by `look_beside` is done."""
        return self.dating is not None and self.dating.done()

    def look_at_date(self) -> bool:
        """Let everyone be scored anew if it is another day by what came."""
        if self.dating is None:
            is_another = self.may_have_moved and self.has_moved(self.rescorer.cursor())
            self.may_have_moved = self.has_later_day = False
        else:
            beside, self.dating = self.dating, None
            is_another = beside.result()
        if is_another:
            self.writer.execute(EVERYONE)
            self.has_backlog = True
        return is_another

    def put_in_place(self, writer: duckdb.DuckDBPyConnection, is_news: bool) -> None:
        """Score the persons that a writer has counted, and let readers see them."""
        self.rescorer.score_counted(writer)
        moves = named_rows(writer.execute(MOVES))
        points = points_of(writer, self.files_read)
        with self.placed:
            writer.execute(REPLACE)
            self.person_of.update((one.user_id, one.person_id) for one in points)
            self.points_of.update((one.person_id, one.content) for one in points)
            self.placed.notify_all()
        write_points(points, self.points_folder)
        if not is_news:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        for move in moves:
            reasons = [move[f"reason_{number}"] for number in (1, 2, 3)]
            self.changes.append(
                Change(
                    next(self.numbers),
                    now,
                    move["user_id"],
                    move["previous_band"],
                    move["band"],
                    move["previous_score"],
                    move["score"],
                    [reason for reason in reasons if reason],
                    move["is_listed"],
                )
            )

    @property
    def files_read(self) -> int:
        """How many event files it has read that came since."""
        return len(self.since) - len(self.set_aside)

    # -- Reading ----------------------------------------------------------------------

    @property
    def as_of_date(self) -> date | None:
        """The day as of whose end the next build would score."""
        rows = self.query("select as_of_date from since.as_of_dates")
        return rows[0]["as_of_date"] if rows else None

    def query(
        self, sql: str, parameters: Iterable[object] = ()
    ) -> list[dict[str, Any]]:
        """Return the rows of a query on what is known now."""
        with self.rescorer.cursor() as cursor:
            return named_rows(cursor.execute(sql, list(parameters)))

    def score(self, user_id: str) -> dict[str, Any] | None:
        """Return a person's score with its points, by any of the person's ids."""
        is_of_another_day = self.has_backlog and bool(
            self.query("select 1 from since.backlog where user_id = $1", [user_id])
        )
        if is_of_another_day or user_id not in self.person_of:
            return self.score_unknown(user_id, is_of_another_day)
        with self.placed:
            person = self.person_of[user_id]
            rows = self.query(SCORE_OF, [person])
            content = self.points_of[person]
        if not rows:
            return None
        whose = {"user_id": person, "as_of_date": rows[0]["as_of_date"]}
        points = [
            {**whose, **{name: one[name] for name in POINT}}
            for one in json.loads(content)["lines"]
        ]
        return {**rows[0], "contributions": points}

    def score_unknown(self, user_id: str, anew: bool) -> dict[str, Any] | None:
        """The same of a person without events since; scored where that is needed."""
        strangers = self.strangers
        if user_id in strangers:
            return None
        rows = self.query(SCORE_OF, [user_id])
        if rows and not anew:
            query = PUBLISHED_POINTS.format(file=self.published_points)
            points = self.query(query, [user_id, rows[0]["as_of_date"]])
            return {**rows[0], "contributions": points}
        if user_id not in self.came:
            if not self.query(IS_KNOWN, [user_id]):
                if len(strangers) < MOST_STRANGERS:
                    strangers.add(user_id)
                return None
        elif not anew:
            # The batch of the id is being scored: sooner than for it alone.
            with self.placed:
                is_placed = self.placed.wait_for(
                    lambda: user_id in self.person_of, PATIENCE
                )
            if is_placed:
                return self.score(user_id)
        scored, person_id = self.score_anew(user_id)
        for row in scored.scores:
            if row["user_id"] == person_id:
                points = [
                    one for one in scored.contributions if one["user_id"] == person_id
                ]
                return {**row, "contributions": points}
        return None

    def top(self, how_many: int, with_visitors: bool = False) -> list[dict[str, Any]]:
        """Return the people to talk to, best first, as `top_users` does."""
        return self.query(
            "select user_id, score, band, action, reason_1, reason_2, reason_3,"
            " next_step from since.user_scores"
            " where not is_customer and not is_held_out and (is_named or $2)"
            " order by score desc, user_id limit $1",
            [how_many, with_visitors],
        )


def written(file: FoundFile) -> tuple[int, str]:
    """Return size and time of a file; the time as DuckDB writes a timestamp in UTC."""
    at = datetime.fromisoformat(file.modified_at).astimezone(UTC).replace(tzinfo=None)
    text = at.isoformat(sep=" ", timespec="microseconds")
    return file.size_bytes, text.rstrip("0").rstrip(".")
