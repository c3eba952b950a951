"""A micro-batch without a server: score whom new files touch, and end."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pointwise.live.journal import Journal
from pointwise.live.scores import Change, LiveScores
from pointwise.live.shapes import Shapes
from pointwise.sources.listing import find_files


class Batch(NamedTuple):
    """The result of a micro-batch."""

    files: int
    people: int
    as_of_date: str
    # Who of those to talk to is in another band than published, the best first.
    crossed: list[Change]
    set_aside: dict[str, str]


def score_once(published: Path, pattern: str, events: Path, memory: str) -> Batch:
    """Score whom event files touch that came since the build, for `score_now`.

    Raises PointwiseError if a server runs, which does so anyway, or none is published.
    """
    journal = Journal(events)
    try:
        live = LiveScores.open(published, memory)
        journal.land(Shapes(live.rescorer.readers.properties))
        live.absorb(live.new_files(find_files(pattern)))
        while live.settle():
            pass
        last = {one.user_id: one for one in live.changes if one.is_listed}
        ((people,),) = live.writer.execute(
            "select count(*) from since.user_scores"
            " where user_id in (select unnest($1))",
            [list(live.person_of)],
        ).fetchall()
        batch = Batch(
            *(live.files_read, people, str(live.as_of_date)),
            sorted(last.values(), key=lambda one: (-one.score, one.user_id)),
            live.set_aside,
        )
        live.close()
    finally:
        journal.close()
    return batch
