"""Whether the as-of date stays is said from bounds, without counting who came."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Scratch
from live_worlds import write_later
from pointwise.live.scores import LiveScores
from pointwise.sources.listing import find_files


def planted(scratch: Scratch, file: Path, **what: object) -> LiveScores:
    """Return live scores that have read a file of planted rows, and counted none."""
    live = LiveScores.open(scratch.published, copies=False)
    write_later(scratch, file, day=live.as_of_date, **what)
    live.add(live.new_files(find_files(str(file))))
    return live


@given(
    later=st.integers(-3, 5),
    days=st.integers(1, 4),
    percent=st.sampled_from([1, 10, 100]),
    often=st.sampled_from([1, 1, 40]),
    event_type=st.sampled_from([None, "subscription_started"]),
)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
def test_where_it_is_said_to_stay_it_stays(
    default_world: Scratch, tmp_path_factory: pytest.TempPathFactory, **what: object
) -> None:
    file = tmp_path_factory.mktemp("planted") / "planted.parquet"
    live = planted(default_world, file, **what)
    is_said = live.rescorer.cannot_move(live.writer)
    if live.rescorer.count_days(live.writer, live.came):
        live.rescorer.mark(live.writer)
    moved = live.has_moved(live.rescorer.cursor())
    assert not (is_said and moved)
    live.close()


@pytest.mark.parametrize(
    ("later", "percent", "stays"), [(0, 10, True), (-2, 100, True), (1, 100, False)]
)
def test_mostly_it_need_not_be_counted(
    later: int, percent: int, stays: bool, default_world: Scratch, tmp_path: Path
) -> None:
    file = tmp_path / "planted.parquet"
    live = planted(default_world, file, later=later, percent=percent)
    assert live.rescorer.cannot_move(live.writer) is stays
    live.close()
