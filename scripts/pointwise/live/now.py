"""One person's score now, without a server: the publication and the files since."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import NamedTuple

import duckdb

from pointwise.core.home import path_setting
from pointwise.core.published import open_generation
from pointwise.live.scores import LiveScores
from pointwise.sources.listing import find_files

# The marts of a generation that a score of now replaces.
MARTS = ("user_scores", "score_contributions")


class Now(NamedTuple):
    """The marts with a person as of now, and what came since they were published."""

    marts: duckdb.DuckDBPyConnection
    person: str
    published_at: str
    files: int
    set_aside: dict[str, str]
    changed: list[str]


def score_now(user_id: str) -> Now:
    """Score one person by any of the person's ids.

    Raises PointwiseError if nothing is published that it could start from.
    """
    begun = datetime.now(UTC)
    live = LiveScores.open(path_setting("POINTWISE_PUBLISHED"), copies=False)
    beside = ThreadPoolExecutor(1)
    opening = beside.submit(open_generation, live.generation)
    found = find_files(str(path_setting("POINTWISE_EVENTS")))
    new = live.new_files(found)
    live.read(new)
    scored, person = live.score_anew(user_id, unless_written_after=begun)
    marts = opening.result()
    beside.shutdown()
    for mart, rows in zip(MARTS, (scored.scores, scored.contributions), strict=True):
        marts.execute(f'create table now as from "{mart}" limit 0; drop view "{mart}"')
        if rows:
            # Not as a table of Arrow's: to load that takes longer than to score.
            names = ", ".join(f'"{name}"' for name in rows[0])
            values = ", ".join("?" for _ in rows[0])
            marts.executemany(
                f"insert into now ({names}) values ({values})",
                [list(row.values()) for row in rows],
            )
        marts.execute(f'alter table now rename to "{mart}"')
    facts = live.generation.facts
    changed = live.changed_files(found)
    now = Now(
        *(marts, person, facts["published_at"], len(new)),
        *(live.set_aside, changed),
    )
    live.close()
    return now
