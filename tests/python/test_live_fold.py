"""Small files of the live server become one an hour: no event twice, none missing."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet
import pytest

from conftest import Scratch
from live_worlds import Stream
from pointwise.begin import begin_run
from pointwise.live import fold as folding
from pointwise.live.fold import fold
from pointwise.live.scores import LiveScores
from pointwise.live.shapes import Shapes
from pointwise.sources.listing import find_files
from test_live import as_event
from test_oracle import BUILDS

NOW = "2026-03-01T10:00:00.000000"
SMALL = 6


def write_small(stream: Stream, step: int, number: int) -> None:
    """Write a step's events as the live server does: hours of long ago, and now."""
    shapes = Shapes()
    found: dict[str, list[dict]] = {}
    for place, (_, row) in enumerate(stream.steps[step][number::SMALL], 1):
        event = {k: v for k, v in as_event(row).items() if v is not None}
        if "event_type" in event and {"user_id", "anonymous_id"} & event.keys():
            _, name, accepted = shapes.accepted(place, event, NOW)
            found.setdefault(name, []).append(accepted)
    name = f"live-20260301T{9 + number // 4:02}00{number:02}-0000000{number}.parquet"
    pyarrow.parquet.write_table(
        shapes.table(found, NOW), stream.scratch.events / name, compression="zstd"
    )


def small(scratch: Scratch) -> list[str]:
    """Return the names of small files."""
    return sorted(path.name for path in scratch.events.glob(folding.SMALL_FILES))


def test_a_fold_changes_no_score_wherever_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = Scratch(tmp_path / "world")
    stream = Stream(scratch, BUILDS[1])
    pattern = scratch.environment["POINTWISE_EVENTS"]
    stream.write(0)
    (scratch.events / ".live").mkdir()
    for number in range(SMALL):
        write_small(stream, 2, number)
    assert fold(scratch.published, pattern) == []
    stream.publish("first")
    expected = stream.expected()
    before = LiveScores.open(scratch.published)
    names = small(scratch)

    # Killed before the file of the second hour has its name.
    with monkeypatch.context() as patch:
        replace, calls = Path.replace, []

        def killed(path: Path, target: Path) -> None:
            calls.append(target)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
            replace(path, target)

        patch.setattr(Path, "replace", killed)
        (message,) = fold(scratch.published, pattern)
        assert "No space left" in message
    assert fold(scratch.published, pattern) == []
    hours = sorted(path.stem for path in scratch.events.glob("live-hour-*.parquet"))
    assert hours == ["live-hour-20260301T09-00000000", "live-hour-20260301T10-00000004"]
    assert small(scratch) == names
    assert before.new_files(find_files(pattern)) == []

    # Copies are there, and count once. Then some small files are gone, and then all.
    stream.publish("second")
    assert stream.expected() == expected
    plans = "select count(distinct plan) from internal.stg_event_files where file like"
    assert scratch.query(f"{plans} '%/live-%'") == [(1,)]
    with monkeypatch.context() as patch:
        unlink, gone = Path.unlink, []

        def stopped(path: Path, missing_ok: bool = False) -> None:
            gone.append(path)
            if len(gone) == 3:
                raise OSError(5, "Input/output error")
            unlink(path, missing_ok=missing_ok)

        patch.setattr(Path, "unlink", stopped)
        assert len(fold(scratch.published, pattern)) == 1
    assert len(small(scratch)) == SMALL - 2
    live = LiveScores.open(scratch.published)
    live.keep_recent(30)
    assert live.changed_files(find_files(pattern)) == []
    assert fold(scratch.published, pattern) == []
    assert small(scratch) == []
    assert list((scratch.events / ".live").iterdir()) == []

    # A server that knows the small files goes on where they are gone.
    stream.write(3)
    live.absorb(live.new_files(find_files(pattern)))
    stream.publish("third")
    scores, _ = stream.expected()
    said = live.query("select user_id, score from since.user_scores order by user_id")
    assert said == [{k: row[k] for k in ("user_id", "score")} for row in scores]


def test_only_whole_builds_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    for name in ("validate", "check_inputs", "begin_build"):
        monkeypatch.setattr(f"pointwise.begin.{name}", lambda *_: [])
    monkeypatch.setattr("pointwise.begin.fold", lambda *_: asked.append("") or [])
    settings = {"target": "dev", "is_empty": False, "published": "p", "events": "e"}
    for command, is_part in [("build", True), ("run", False), ("test", False)]:
        begin_run(None, settings, command, [], is_part)
    begin_run(None, {**settings, "target": "what_if"}, "build", [])
    assert asked == []
    begin_run(None, settings, "build", [])
    assert asked == [""]
