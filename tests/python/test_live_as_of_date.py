"""Whether the as-of date stays is said from bounds, without counting who came."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import Scratch
from pointwise.live.scores import LiveScores
from pointwise.sources.listing import find_files

# Rows of the last days once more, some days later: of so many of a hundred people, as
# events of this type, each so often within a second, as machines do.
PLANT = """
    copy (
        select events.* replace (
            event_id || '-' || copy as event_id,
            occurred_at + to_days($later::int) as occurred_at,
            received_at + to_days($later::int) as received_at,
            coalesce($event_type, event_type) as event_type
        )
        from read_parquet($events) as events cross join range($often) as copies (copy)
        where cast(occurred_at as date) > $day - $days::int
            and hash(user_id) % 100 < $percent
    ) to '{file}'
"""


def planted(scratch: Scratch, file: Path, **what: object) -> LiveScores:
    """Return live scores that have read a file of planted rows, and counted none."""
    live = LiveScores.open(scratch.published, copies=False)
    what["events"] = scratch.environment["POINTWISE_EVENTS"]
    with duckdb.connect() as connection:
        connection.execute(
            PLANT.format(file=file), {"day": live.as_of_date, "often": 1, **what}
        )
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
    ids = [
        user_id
        for (user_id,) in live.writer.execute(
            "select distinct user_id from since.came where quarantine_reason is null"
        ).fetchall()
    ]
    if live.rescorer.count_days(live.writer, ids):
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
    what = {"later": later, "days": 1, "percent": percent, "event_type": None}
    live = planted(default_world, tmp_path / "planted.parquet", **what)
    assert live.rescorer.cannot_move(live.writer) is stays
    live.close()
