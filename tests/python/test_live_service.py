"""The thread of `pointwise live`, turn by turn: what fails, and what it reports."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, Scratch
from live_worlds import write_later
from pointwise.core.published import PUBLICATION
from pointwise.live.journal import Journal
from pointwise.live.scores import LiveScores
from pointwise.live.service import Service
from pointwise.live.state import state_file
from pointwise.publishing.files import point_to, write_json
from pointwise.sources.listing import find_files


class Between:
    """A cursor that does something after each statement."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, then: Callable[[], object]
    ) -> None:
        self.cursor, self.then = cursor, then

    def execute(self, sql: str) -> None:
        """Run statements."""
        for statement in self.cursor.extract_statements(sql):
            self.cursor.execute(statement)
            self.then()


def test_who_looks_at_the_date_meanwhile_misses_nobody(
    default_world: Scratch, tmp_path: Path
) -> None:
    """Even where all who were there on the last day are counted again."""
    file = tmp_path / "again.parquet"
    live = LiveScores.open(default_world.published)
    with duckdb.connect() as connection:
        connection.execute(
            "copy (select * replace (event_id || '-again' as event_id)"
            " from read_parquet($1) where cast(occurred_at as date) = $2)"
            f" to '{file}'",
            [default_world.environment["POINTWISE_EVENTS"], live.as_of_date],
        )
    moved: list[bool] = []

    def look() -> None:
        moved.append(live.has_moved(live.rescorer.cursor()))

    added = live.add(live.new_files(find_files(str(file))))
    live.rescorer.count(live.writer, added.ids)
    live.rescorer.mark(Between(live.writer, look))
    assert len(moved) > 3
    assert not any(moved)
    live.close()


def test_outcomes_alone_lead_to_another_day(
    default_world: Scratch, tmp_path: Path
) -> None:
    """They feed no feature, and a build counts days on which people had one."""
    live = LiveScores.open(default_world.published)
    file, began_on = tmp_path / "outcomes.parquet", live.as_of_date
    write_later(default_world, file, day=began_on, event_type="subscription_started")
    live.read(live.new_files(find_files(str(file))))
    assert live.as_of_date == began_on + timedelta(days=1)
    live.close()


@pytest.fixture
def service(default_world: Scratch, tmp_path: Path) -> Iterator[Service]:
    """One that takes its turns when asked to, beside publications of its own."""
    before = default_world.generation
    published, events = tmp_path / "published", tmp_path / "events"
    (published / "live").mkdir(parents=True)
    for number in ("first", "second"):
        folder = published / "generations" / number
        shutil.copytree(before, folder)
        facts = json.loads((folder / PUBLICATION).read_text())
        write_json(folder / PUBLICATION, {**facts, "id": number})
        state = state_file(default_world.published, before.name)
        shutil.copy(state, state_file(published, number))
    point_to(published / "current", "generations/first")
    journal = Journal(events)
    service = Service(published, f"{events}/*.parquet", journal, PROJECT / "seeds")
    yield service
    journal.close()
    if service.live:
        service.live.close()


def turn(service: Service, user: str, publication: str) -> None:
    """Send a request for a demo, and take a turn beside a publication."""
    point_to(service.published / "current", f"generations/{publication}")
    day = "2026-06-28 10:00:00"
    event = {"user_id": user, "event_type": "demo_requested", "occurred_at": day}
    line = json.dumps(service.shapes.accepted(1, event, day)).encode() + b"\n"
    service.journal.put([line]).result()
    service.landed_at = 0.0
    service.turn()


def changes_of(service: Service) -> list[tuple[int, str]]:
    """Return the numbers of changes, and whose they are, once all are scored."""
    service.live.finish()
    return [(one.number, one.user_id) for one in service.changes]


def test_who_comes_to_another_band_while_a_publication_is_taken_over_is_listed(
    service: Service,
) -> None:
    service.turn()
    turn(service, "one", "first")
    turn(service, "other", "second")
    assert service.live.generation.id == "second"
    assert changes_of(service) == [(1, "one"), (2, "other")]


def test_after_an_erasure_no_earlier_change_is_reported(service: Service) -> None:
    state_file(service.published, "second").unlink()
    service.turn()
    turn(service, "one", "first")
    assert changes_of(service) == [(1, "one")]
    turn(service, "other", "second")
    assert service.live is None
    assert not service.changes
    turn(service, "third", "first")
    turn(service, "fourth", "first")
    # Who listens asks for higher numbers than the last one heard.
    assert changes_of(service) == [(2, "fourth")]


def test_whatever_goes_wrong_is_reported_and_it_goes_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    troubles = []

    def turn() -> None:
        troubles.append(service.health()["trouble"])
        if len(troubles) > 1:
            service.stopping.set()
        raise ValueError("words of an event")

    monkeypatch.setattr("pointwise.live.service.RETRY_AFTER", 0)
    monkeypatch.setattr(service, "turn", turn)
    service.run()
    assert troubles == ["starting", "a turn failed (ValueError): trying again"]
