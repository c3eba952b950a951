"""`pointwise explain --now`: one person as of now, with the files since the build."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conftest import Scratch, last_lines
from pointwise.live.now import score_now
from pointwise.live.scores import LiveScores

NEW = """
    copy (
        select 'now-' || range as event_id, $user as user_id, 's' as session_id,
            cast($day as timestamp) + interval 12 hour as occurred_at,
            'demo_requested' as event_type, 1.0::double as duration_seconds
        from range(2)
    ) to '{path}'
"""


@pytest.fixture
def person(built: Scratch) -> tuple[str, int, str]:
    """Somebody who never asked for a demo: id, score, and the day of the score."""
    with duckdb.connect() as connection:
        folder = built.generation
        return connection.execute(
            f"select user_id, score, cast(as_of_date as varchar)"
            f" from '{folder}/user_scores.parquet' where user_id not in"
            f" (select user_id from '{folder}/user_activity.parquet'"
            "   where event_type = 'demo_requested')"
            " and score between 2 and 60 order by user_id limit 1"
        ).fetchall()[0]


@pytest.fixture
def new_file(built: Scratch, person: tuple[str, int, str]) -> Iterator[Path]:
    """Two demos that the person asked for since the build; gone after the test."""
    path = built.events / "zz-new.parquet"
    user, _, day = person
    with duckdb.connect() as connection:
        connection.execute(NEW.format(path=path), {"user": user, "day": day})
    yield path
    path.unlink()


def now_of(built: Scratch, user: str) -> str:
    """Return what the command prints of a user."""
    result = built.pointwise("explain", "--user", user, "--now")
    assert result.returncode == 0, last_lines(result)
    return result.stdout


def test_without_anything_new_it_is_what_is_published(
    built: Scratch, person: tuple[str, int, str]
) -> None:
    user, score, day = person
    printed = now_of(built, user)
    assert f"{user}: score on {day}" in printed
    assert f"Score {score}, " in printed
    assert "0 event files since" in printed


def test_an_event_file_that_came_since_counts(
    built: Scratch,
    person: tuple[str, int, str],
    new_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user, score, _ = person
    printed = now_of(built, user)
    assert "Requested 1 demo in 8 weeks" in printed
    assert "1 event file since" in printed
    assert f"Score {score}, " not in printed
    for name, value in built.environment.items():
        if name.startswith("POINTWISE_"):
            monkeypatch.setenv(name, value)
    new_file.write_bytes(b"no Parquet")
    now = score_now(user)
    assert [Path(name).name for name in now.set_aside] == ["zz-new.parquet"]
    assert now.files == 0


def test_what_it_cannot_start_from_is_told_in_a_line(
    built: Scratch, tmp_path: Path
) -> None:
    result = built.pointwise("explain", "--user", "nobody at all", "--now")
    assert result.returncode == 1
    assert "nobody is scored as nobody at all now" in result.stderr
    result = built.pointwise("explain", "--now")
    assert "--now goes with --user" in result.stderr
    # As after an erasure, or for a publication that an older version wrote.
    published = tmp_path / "published"
    folder = published / "generations" / built.generation.name
    folder.mkdir(parents=True)
    for file in built.generation.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    (published / "current").symlink_to(f"generations/{folder.name}")
    facts = json.loads((folder / "publication.json").read_text())
    assert facts["id"] == folder.name
    other = Scratch(tmp_path / "other")
    other.environment |= {**built.environment, "POINTWISE_PUBLISHED": str(published)}
    result = other.pointwise("explain", "--user", "u1", "--now")
    assert result.returncode == 1
    assert "is not there: a `dbt build` that publishes writes it" in result.stderr


def test_the_list_of_now_leaves_out_who_is_held_out(default_world: Scratch) -> None:
    live = LiveScores.open(default_world.published)
    first, second, *_ = [row["user_id"] for row in live.top(5)]
    listed = duckdb.sql(
        f"select user_id from '{default_world.generation}/user_scores.parquet'"
        " where is_named and not is_customer order by rank limit 2"
    ).fetchall()
    assert [first, second] == [user for (user,) in listed]
    live.writer.execute(
        "update since.user_scores set is_held_out = true where user_id = $1", [first]
    )
    assert live.top(1)[0]["user_id"] == second
    live.close()
