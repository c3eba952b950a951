"""`pointwise explain --now`: one person as of now, with the files since the build."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from time import sleep

import duckdb
import pytest

from conftest import BIN, PROJECT, Scratch, last_lines, write_world
from live_server import Server
from live_worlds import write_later
from pointwise.live.last_scores import add_lines, forget, keep_last
from pointwise.live.now import score_now
from pointwise.live.scores import LiveScores
from pointwise.live.state import state_file
from pointwise.sources.listing import find_files

HOLDING = """\
band,min_score,action,enter_at,leave_at,min_days,score
high,50,Call,,,,
medium,20,Write,,1,28,
low,1,Wait,,,,
good,40,Like,,,,fit
fair,15,Partly like,,,,fit
poor,1,Unlike,,,,fit
"""
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
    forget(built.published / "live" / built.generation.name)


def now_of(built: Scratch, user: str) -> str:
    """Return what the command prints of a user."""
    result = built.pointwise("explain", "--user", user, "--now")
    assert result.returncode == 0, last_lines(result)
    return result.stdout


def said_in_cli(scratch: Scratch, user: str) -> list[dict]:
    """Return what `score_now` says of an id in the DuckDB CLI."""
    database = scratch.published / "scores.duckdb"
    query = f"from score_now('{user}')"
    result = scratch.run(BIN / "duckdb", "-readonly", "-json", database, query)
    assert result.returncode == 0, last_lines(result)
    return json.loads(result.stdout)


def points_of(lines: list[dict]) -> list[tuple]:
    """Return points and reasons of what was said, of all scores."""
    return sorted(
        (line["points"], line["reason"].removeprefix("fit: "))
        for line in lines
        if line["points"] is not None
    )


def score_in(lines: list[dict]) -> dict:
    """Return the line of the score, to which the points above it add up."""
    (place,) = (place for place, line in enumerate(lines) if line["points"] is None)
    of_intent, of_fit = lines[:place], lines[place + 1 :]
    assert sum(line["points"] for line in of_intent) == lines[place]["score_so_far"]
    assert sum(line["points"] for line in of_fit) == of_fit[-1]["score_so_far"]
    assert all(line["reason"].startswith("fit: ") for line in of_fit)
    return lines[place]


def published_points(scratch: Scratch, user: str) -> list[tuple]:
    """Return points and reasons of what is published."""
    folder = scratch.generation
    rows = duckdb.execute(
        f"select points, reason from '{folder}/score_contributions.parquet' as points"
        f" semi join '{folder}/user_scores.parquet' as scores"
        " using (user_id, as_of_date) where points.user_id = $1",
        [user],
    ).fetchall()
    return sorted(rows)


def test_without_anything_new_it_is_what_is_published(
    built: Scratch, person: tuple[str, int, str]
) -> None:
    user, score, day = person
    lines = said_in_cli(built, user)
    assert points_of(lines) == published_points(built, user)
    assert score_in(lines)["reason"].startswith(f"Score {score}, ")
    assert score_in(lines)["score_so_far"] == score
    assert {(line["scored_at"], line["event_files"]) for line in lines} == {(None, 0)}
    (line,) = said_in_cli(built, "nobody at all")
    assert line["reason"] == "No user nobody at all is scored: try from top_users(20)"
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
    lines = said_in_cli(built, user)
    assert "Requested 1 demo in 8 weeks" in [line["reason"] for line in lines]
    assert score_in(lines)["reason"] in printed
    assert lines[0]["scored_at"] is not None
    assert lines[0]["event_files"] == 1
    for name, value in built.environment.items():
        if name.startswith("POINTWISE_"):
            monkeypatch.setenv(name, value)
    new_file.write_bytes(b"no Parquet")
    now = score_now(user)
    assert [Path(name).name for name in now.set_aside] == ["zz-new.parquet"]
    assert now.files == 0


def test_once_scores_whom_new_files_touch_without_a_server(
    built: Scratch, person: tuple[str, int, str], new_file: Path
) -> None:
    user, score, _ = person
    (built.events / ".live").mkdir(exist_ok=True)
    result = built.pointwise("live", "--once")
    assert result.returncode == 0, last_lines(result)
    assert "1 event file since the build: 1 person scored as of" in result.stdout
    lines = said_in_cli(built, user)
    now = score_in(lines)
    assert (now["event_files"], now["score_so_far"] > score) == (1, True)
    assert now["reason"] in now_of(built, user)
    new_file.unlink()
    again = built.pointwise("live", "--once").stdout
    assert again.startswith("0 event files since the build: 0 people scored")
    new_file.touch()
    assert score_in(said_in_cli(built, user))["score_so_far"] == score


def test_what_it_cannot_start_from_is_said_in_a_line(
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
    state = state_file(published, folder.name)
    state.parent.mkdir()
    state.write_bytes(state_file(built.published, folder.name).read_bytes())
    with duckdb.connect(str(state)) as connection:
        connection.execute("drop table internal.int_active_days")
    result = other.pointwise("explain", "--user", "u1", "--now")
    assert result.returncode == 1
    assert "is from another version of Pointwise: run `dbt build`" in result.stderr


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


def test_nobody_waits_for_the_old_days_of_others(
    default_world: Scratch, tmp_path: Path
) -> None:
    """Who had a late event is scored when the rows of its days are in memory."""
    opened = [LiveScores.open(default_world.published) for _ in range(2)]
    beside, at_once = opened
    late, prompt = [row["user_id"] for row in beside.top(2)]
    file = tmp_path / "late.parquet"
    with duckdb.connect() as connection:
        pattern = default_world.environment["POINTWISE_EVENTS"]
        connection.execute(
            f"create table came as from read_parquet('{pattern}') limit 0"
        )
        connection.execute(
            "insert into came by name select unnest([$1, $2]) as user_id,"
            " 'search' as event_type, unnest(['n1', 'n2']) as event_id,"
            " unnest([$3 - interval '40' day, $3]) + interval '9' hour as occurred_at",
            [late, prompt, datetime.combine(beside.as_of_date, time())],
        )
        connection.execute(f"copy came to '{file}'")
    for live in opened:
        live.keep_recent(4)
    new = beside.new_files(find_files(str(file)))
    with beside.rescorer.holding:
        assert beside.absorb_beside(new) == 1
        beside.finish()
        assert set(beside.person_of.values()) == {prompt}
        assert beside.ids_waiting == 1
    while beside.in_hand:
        sleep(0.01)
    assert beside.absorb_beside([]) == 1
    beside.finish()
    assert beside.ids_waiting == 0
    at_once.absorb(at_once.new_files(find_files(str(file))))
    for who in (late, prompt):
        assert beside.score(who) == at_once.score(who)
    assert beside.score(late)["score"] is not None
    for live in opened:
        live.close()
    forget(beside.points_folder)


def test_another_day_is_found_beside_what_comes(
    default_world: Scratch, tmp_path: Path
) -> None:
    """Nobody waits for it; taken up, everyone is scored anew, as at once."""
    file = tmp_path / "later.parquet"
    opened = [LiveScores.open(default_world.published) for _ in range(2)]
    beside, at_once = opened
    published = beside.as_of_date
    write_later(default_world, file, day=published)
    beside.absorb_beside(beside.new_files(find_files(str(file))))
    beside.finish()
    beside.look_beside()
    beside.dating.exception()
    assert beside.has_looked
    assert not beside.has_backlog
    at_once.absorb(
        at_once.new_files(find_files(str(file))), moves_as_of_date=False, is_news=True
    )
    for live in opened:
        while live.settle():
            pass
        assert live.as_of_date == published + timedelta(days=1)
        assert not live.has_looked
    everyone = "select * from since.user_scores order by user_id"
    assert beside.query(everyone) == at_once.query(everyone)
    for live in opened:
        live.close()
    forget(beside.points_folder)


def test_in_the_cli_it_is_what_the_server_says_and_what_the_next_build_does(
    scratch: Scratch,
) -> None:
    """Over two publications, with kill -9, by a copy elsewhere, and by another id.

    The band holds: who has reached it is in it with fewer points, too.
    """
    write_world(scratch)
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    (panel / "score_bands.csv").write_text(HOLDING)
    scratch.environment["POINTWISE_CONTROL"] = str(panel)
    scratch.build()
    user, day = duckdb.sql(
        "select user_id, cast(as_of_date as varchar)"
        f" from '{scratch.generation}/user_scores.parquet' order by score, user_id"
    ).fetchall()[0]
    for name in ("demo_requested", "email_unsubscribed"):
        event = {"event_type": name, "occurred_at": f"{day} 10:00:00"}
        before = said_in_cli(scratch, user)
        with Server(scratch) as server:
            server.wait_for(lambda found: found["status"] == "ok")
            for one in ({"user_id": user, "anonymous_id": "a1"}, {"user_id": "new"}):
                assert server.post({**event, **one})[0] == 200
            server.wait_until_scored()
            answers = {who: server.ask(f"/scores/{who}")[1] for who in (user, "new")}
            server.kill()
        # A line that a full disk cut off is none.
        md5 = hashlib.md5(user.encode()).hexdigest()
        live = scratch.published / "live" / scratch.generation.name
        with (live / f"{md5[:2]}.txt").open("a") as file:
            file.write(f'{md5} [{{"score": 1')
        now = {who: said_in_cli(scratch, who) for who in (user, "new", "a1")}
        for who, answer in answers.items():
            points = [(one["points"], one["reason"]) for one in answer["contributions"]]
            assert points_of(now[who]) == sorted(points)
            assert score_in(now[who])["score_so_far"] == answer["score"]
            assert score_in(now[who])["event_files"] > 0
        assert now["a1"] == now[user] != before
        copy = scratch.folder / "elsewhere.duckdb"
        copy.write_bytes((scratch.published / "scores.duckdb").read_bytes())
        scratch.build()
        for who in now:
            lines = said_in_cli(scratch, who)
            assert points_of(lines) == points_of(now[who])
            score = score_in(lines)
            assert score["reason"] == score_in(now[who])["reason"]
            assert score["reason"].endswith(", medium")
            has_fallen = score["score_so_far"] < 20
            assert has_fallen == (name == "email_unsubscribed")
            assert score["scored_at"] is None
        # What was answered went with its publication, of which the copy is.
        with duckdb.connect(str(copy), read_only=True) as scores:
            query = f"from score_now('{user}') where points is null"
            ((_, reason, _, scored_at, _),) = scores.execute(query).fetchall()
        assert scored_at is None
        assert reason == score_in(before)["reason"]


def test_a_large_file_keeps_the_last_whole_line_of_each_id(tmp_path: Path) -> None:
    path = tmp_path / "ab.txt"
    one, other = "ab" * 16, "ac" * 16
    path.write_text(
        "".join(f"{one} [{n}]\n" for n in range(9)) + f"{other} [0]\n{one} ["
    )
    keep_last(path)
    assert path.read_text() == f"{one} [8]\n{other} [0]\n"
    keep_last(path)
    path.open("a").write(f"{other} [")
    add_lines(path, [f"{other} [1]\n", f"{other} [2]\n"])
    last = "".join(f"{other} [{n}]\n" for n in range(3))
    assert path.read_text() == f"{one} [8]\n{last}"
    assert [file.name for file in tmp_path.iterdir()] == ["ab.txt"]
