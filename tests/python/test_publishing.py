"""A publication is one thing: whole, by one rename, and stopped if nobody meant it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, Scratch, last_lines, write_world
from pointwise.core.published import Generation, current, record_files, record_ids
from pointwise.publishing.adopt import adopt_old_layout
from publishing_faults import Seen, edit_weight, look, poll

QUIET = ("--exclude-resource-type", "unit_test")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A small world with a control panel of its own, published once."""
    scratch = Scratch(tmp_path_factory.mktemp("publishing"))
    write_world(scratch)
    shutil.copytree(PROJECT / "seeds", scratch.folder / "panel")
    scratch.environment["POINTWISE_CONTROL"] = str(scratch.folder / "panel")
    scratch.build()
    return scratch


def edit(scratch: Scratch, file: str, before: str, after: str) -> None:
    """Replace a text in a file of the control panel; it must be there."""
    path = scratch.folder / "panel" / f"{file}.csv"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


@pytest.fixture(autouse=True)
def panel(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test edits in the control panel is taken back."""
    if "life" not in request.fixturenames:
        yield
        return
    folder = request.getfixturevalue("life").folder / "panel"
    kept = {path: path.read_text() for path in folder.glob("*.csv")}
    yield
    for path, text in kept.items():
        path.write_text(text)


def generation(scratch: Scratch) -> Generation:
    """What is published; it must be intact."""
    found = current(scratch.published)
    assert found is not None
    return found


def printed(scratch: Scratch, *arguments: str, code: int = 0) -> str:
    """Run `dbt build`, which must end with a code, and return what it printed."""
    result = scratch.dbt("build", *QUIET, *arguments)
    assert result.returncode == code, last_lines(result)
    return " ".join(result.stdout.split())


def test_an_edited_weight_is_published_by_building_a_part(life: Scratch) -> None:
    before = generation(life)
    edit_weight(life, 2)
    # As where another run of dbt in this folder is writing its own.
    (life.folder / "target" / "manifest.json").write_text('{"metadata": ')
    output = printed(life, "-s", "scoring_rules+", "--no-write-json")
    assert re.search(r"Published \d+ people as of 2026-05-\d\d to ", output)
    assert "Bands: high " in output
    now = generation(life)
    assert now.id != before.id
    assert look(life.published, {}) == []
    assert "base_events" in (now.folder / "manifest.json").read_text()
    # What was not built is the same file.
    kept, edited = "user_features.parquet", "score_contributions.parquet"
    assert (now.folder / kept).read_bytes() == (before.folder / kept).read_bytes()
    assert (now.folder / edited).read_bytes() != (before.folder / edited).read_bytes()
    assert record_ids(life.published) == [*before.facts["record"], now.id]


def test_three_generations_stay_and_left_overs_go(life: Scratch) -> None:
    left = life.published / "generations" / ".draft"
    left.mkdir(exist_ok=True)
    (left / "user_scores.parquet").write_bytes(b"half")
    unlisted = life.published / "record" / "29990101T000000000000-nobody"
    unlisted.mkdir(exist_ok=True)
    edit_weight(life, 3)
    printed(life, "-s", "scoring_rules+")
    edit_weight(life, 1)
    printed(life, "-s", "scoring_rules+")
    assert len(list((life.published / "generations").iterdir())) == 3
    assert not left.exists()
    assert not unlisted.exists()
    kept = {path.name for path in (life.published / "record").iterdir()}
    assert kept == set(record_ids(life.published))


def test_a_part_that_does_not_agree_with_the_rest_is_not_published(
    life: Scratch,
) -> None:
    before = generation(life).id
    output = printed(life, "-s", "user_scores")
    assert "Not published: only a part was built, and" in output
    assert "were left out, which must agree with what was built: add" in output
    edit(
        life,
        "features",
        "page_views_28d,page_view,events,28,14",
        "page_views_28d,page_view,events,28,13",
    )
    output = printed(life, "-s", "user_scores")
    assert "the features.csv changed since the last publication" in output
    output = printed(life, "-s", "user_scores", "--vars", "{horizon_days: 13}")
    assert "horizon_days is not as at the last publication" in output
    assert generation(life).id == before


def test_what_a_run_that_did_not_publish_has_built_must_be_built_again(
    life: Scratch,
) -> None:
    printed(life)  # whole, on the panel as it is
    result = life.dbt("run", "-s", "user_features")
    assert result.returncode == 0, last_lines(result)
    output = printed(life, "-s", "user_scores")
    assert "user_features was built since by a run that did not publish" in output


def test_a_misspelt_event_name_is_named_with_its_row(life: Scratch) -> None:
    edit(life, "event_types", "pricing_page_view,pricing", "pricing_page_veiw,pricing")
    output = printed(life, code=1)
    assert (
        "event_types.csv row 3: no event is called 'pricing_page_veiw', and" in output
    )
    assert "events called 'pricing_page_view' count for nothing" in output


def test_a_file_that_cannot_be_written_is_one_line(life: Scratch) -> None:
    before = generation(life)
    elsewhere = life.published / "generations.kept"
    (life.published / "record").rename(elsewhere)
    (life.published / "record").write_text("in the way")
    try:
        output = printed(life, code=2)
    finally:
        (life.published / "record").unlink()
        elsewhere.rename(life.published / "record")
    assert "error" in output.lower()
    assert "Traceback" not in output
    assert generation(life).id == before.id


def test_a_kill_leaves_the_old_publication_or_the_new_one(life: Scratch) -> None:
    """A few of the kills of bench/faults.py."""
    program = "import publishing_faults as f; f.few_kills()"
    result = subprocess.run(
        [sys.executable, "-c", program, str(life.folder)],
        cwd=PROJECT,
        env={**life.environment, "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr[-2000:]
    seen = Seen(**json.loads(result.stdout.splitlines()[-1]))
    assert seen.wrong == []
    assert seen.kills >= 3


def test_readers_see_one_publication_whatever_is_published(life: Scratch) -> None:
    results = life.folder / "poll.json"
    reader = subprocess.Popen(
        [sys.executable, poll.__code__.co_filename, life.published, "200", results],
        env={**life.environment, "PYTHONPATH": ":".join(sys.path)},
    )
    edit_weight(life, 2)
    try:
        printed(life)
    finally:
        Path(f"{results}.stop").touch()
        reader.wait(timeout=60)
    seen = json.loads(results.read_text())
    assert seen["torn"] == 0
    assert seen["errors"] == []


def test_a_change_that_nobody_meant_stops_before_publishing(life: Scratch) -> None:
    before = generation(life).id
    edit(
        life,
        "scoring_rules",
        "signups_84d,,,,3,0.2,15,",
        "signups_84d,,,,6,0.1,60,",
    )
    edit(life, "score_groups", "product_use,35,", "product_use,90,")
    output = printed(life, "-s", "scoring_rules+", "score_groups+", code=1)
    assert (
        "Not published, because lists would change more than anyone may have" in output
    )
    assert "people would change band" in output
    assert "by “Signed up in the last 12 weeks” (scoring_rules.csv row 5)" in output
    assert "dbt build --vars 'accept_mass_change: true'" in output
    assert generation(life).id == before
    assert not list(life.published.glob("*/.draft"))
    pass_it = ("--vars", "accept_mass_change: true")
    output = printed(life, "-s", "scoring_rules+", "score_groups+", *pass_it)
    assert "people changed band" in output
    assert generation(life).id != before


def test_what_older_versions_published_becomes_the_record(tmp_path: Path) -> None:
    """u1 had 5 and then 9 points, u2 had 7 until it was not scored any more."""
    duckdb.sql(
        f"""
        copy (
            select * from (values
                ('u1', timestamp '2026-01-01', timestamp '2026-01-02', 5),
                ('u1', timestamp '2026-01-02', null, 9),
                ('u2', timestamp '2026-01-01', timestamp '2026-01-02', 7)
            ) as rows (user_id, published_at, replaced_at, score)
            cross join (
                select date '2026-01-01' as as_of_date, 'v1' as weights_version
            ) as facts
        ) to '{tmp_path}/user_score_history.parquet'
        """
    )
    assert adopt_old_layout(tmp_path)
    assert not adopt_old_layout(tmp_path), "once is enough"
    (file,) = record_files(tmp_path, "scores")
    rows = duckdb.sql(
        f"select user_id, cast(published_at as date), score from '{file}' order by all"
    ).fetchall()
    assert [(user, str(day), score) for user, day, score in rows] == [
        ("u1", "2026-01-01", 5),
        ("u1", "2026-01-02", 9),
        ("u2", "2026-01-01", 7),
        ("u2", "2026-01-02", None),
    ]
