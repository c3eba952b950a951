"""Live = build (law 11): what live says now is what the next full build says.

Random worlds are built from a part of their events; the others come file by file, in
no order: late ones, copies, rows that cannot be used, machines, and events that link
ids. After the last file a build of everything must have the same scores, to the point.
"""

from __future__ import annotations

import pytest

from conftest import Scratch
from live_worlds import STEPS, Stream, without_others
from pointwise.live.scores import LiveScores
from pointwise.sources.listing import find_files
from test_oracle import BUILDS


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    """Worlds that were built when only their first events were there."""
    stream = Stream(Scratch(tmp_path_factory.mktemp("law")), BUILDS[1])
    stream.write(0)
    stream.publish()
    return stream


def test_live_scores_are_those_of_the_next_build(stream: Stream) -> None:
    pattern = stream.scratch.environment["POINTWISE_EVENTS"]
    live = LiveScores.open(stream.scratch.published)
    before = live.query("select user_id, score from since.user_scores order by all")
    for step in range(1, STEPS):
        # Rows of published files come from memory, or from the files.
        if step == 2:
            live.keep_recent(20)
        stream.write(step)
        live.absorb(live.new_files(find_files(pattern)))
    while live.settle():
        pass
    assert live.set_aside == {}
    assert live.changed_files(find_files(pattern)) == []
    found = live.query("from since.user_scores order by user_id")
    told = [
        point for row in found for point in live.score(row["user_id"])["contributions"]
    ]
    as_of_date = live.as_of_date
    live.close()
    stream.publish("second")
    scores, points = stream.expected()
    assert [without_others(row) for row in found] == scores
    assert [tuple(point.values()) for point in told] == points
    assert {row["as_of_date"] for row in scores} == {as_of_date}
    now = [{"user_id": row["user_id"], "score": row["score"]} for row in found]
    assert len([row for row in now if row not in before]) > 20
