"""A publication is one thing: whole, by one rename, and stopped if nobody meant it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from conftest import PROJECT, Scratch, last_lines, write_world
from pointwise.core.published import Generation, current, record_files, record_ids
from pointwise.publishing.adopt import adopt_old_layout
from pointwise.publishing.build import Build
from pointwise.publishing.gate import LIMITS, judge
from pointwise.publishing.news import News
from pointwise.publishing.summary import summary
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
    told = printed(life, "-s", "scoring_rules+")
    assert re.search(r"Published \d+ people as of 2026-05-\d\d to ", told)
    assert "Bands: high " in told
    now = generation(life)
    assert now.id != before.id
    assert look(life.published, {}) == []
    # What was not built is the same file.
    kept, edited = "user_features.parquet", "score_contributions.parquet"
    assert (now.folder / kept).read_bytes() == (before.folder / kept).read_bytes()
    assert (now.folder / edited).read_bytes() != (before.folder / edited).read_bytes()
    assert record_ids(life.published) == [*before.facts["record"], now.id]


def test_a_part_that_does_not_agree_with_the_rest_is_not_published(
    life: Scratch,
) -> None:
    before = generation(life).id
    edit_weight(life, 2)
    told = printed(life, "-s", "user_scores")
    assert "Not published: only a part was built, and" in told
    assert "were left out, which must agree with what was built: add" in told
    edit(
        life,
        "features",
        "page_views_14d,page_view,events,14,7",
        "page_views_14d,page_view,events,14,6",
    )
    told = printed(life, "-s", "scoring_rules+")
    assert "the features.csv changed since the last publication" in told
    told = printed(life, "-s", "scoring_rules+", "--vars", "{horizon_days: 13}")
    assert "horizon_days is not as at the last publication" in told
    assert generation(life).id == before


def test_what_a_run_that_did_not_publish_has_built_must_be_built_again(
    life: Scratch,
) -> None:
    printed(life)  # whole, on the panel as it is
    result = life.dbt("run", "-s", "user_features")
    assert result.returncode == 0, last_lines(result)
    told = printed(life, "-s", "scoring_rules+")
    assert "user_features was built since by a run that did not publish" in told


def test_a_change_that_nobody_meant_stops_before_publishing(life: Scratch) -> None:
    printed(life)
    before = generation(life).id
    edit(
        life,
        "scoring_rules",
        "days_since_signup,,90,,15,",
        "days_since_signup,,90,,60,",
    )
    edit(life, "score_groups", "product_use,25,", "product_use,90,")
    told = printed(life, "-s", "scoring_rules+", "score_groups+", code=1)
    assert "Not published, because lists would change more than anyone may have" in told
    assert "people would change band" in told
    assert "by “Signed up … days ago” (scoring_rules.csv row 5)" in told
    assert "dbt build --vars 'accept_mass_change: true'" in told
    assert generation(life).id == before
    assert not list(life.published.glob("*/.draft"))
    pass_it = ("--vars", "accept_mass_change: true")
    told = printed(life, "-s", "scoring_rules+", "score_groups+", *pass_it)
    assert "people changed band" in told
    assert generation(life).id != before


def test_a_misspelt_event_name_is_named_with_its_row(life: Scratch) -> None:
    edit(life, "event_types", "pricing_page_view,pricing", "pricing_page_veiw,pricing")
    told = printed(life, code=1)
    assert "event_types.csv row 3: no event is called 'pricing_page_veiw', and" in told
    assert "events called 'pricing_page_view' count for nothing" in told


def test_three_generations_stay_and_left_overs_go(life: Scratch) -> None:
    left = life.published / "generations" / ".draft"
    left.mkdir(exist_ok=True)
    (left / "user_scores.parquet").write_bytes(b"half")
    unlisted = life.published / "record" / "29990101T000000000000-nobody"
    unlisted.mkdir(exist_ok=True)
    edit_weight(life, 3)
    printed(life, "--vars", "accept_mass_change: true")  # an edit was taken back
    edit_weight(life, 1)
    printed(life)
    assert len(list((life.published / "generations").iterdir())) == 3
    assert not left.exists()
    assert not unlisted.exists()
    kept = {path.name for path in (life.published / "record").iterdir()}
    assert kept == set(record_ids(life.published))


def test_a_file_that_cannot_be_written_is_one_line(life: Scratch) -> None:
    before = generation(life)
    elsewhere = life.published / "generations.kept"
    (life.published / "record").rename(elsewhere)
    (life.published / "record").write_text("in the way")
    try:
        told = printed(life, code=2)
    finally:
        (life.published / "record").unlink()
        elsewhere.rename(life.published / "record")
    assert "error" in told.lower()
    assert "Traceback" not in told
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


BUILD = Build(
    *("run", Path(), Path(), "seeds", "events", Path(), "dev", "dev", "w", "main"),
    limits=LIMITS,
)
CALM = News(
    people=1000,
    people_before=1000,
    people_in_both=1000,
    bands=[("high", 40, 40), ("low", 960, 960)],
    used=10_000,
    used_before=10_000,
)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"moved": 301}, "301 of 1,000 people would change band (30 %, limit 30 %)"),
        (
            {"bands": [("high", 7, 40), ("low", 993, 960)]},
            "the band high would go from 40",
        ),
        (
            {"day": "2026-05-30", "day_before": "2026-06-28"},
            "scores would go back from 2026-06-28 to 2026-05-30, the last day of the",
        ),
        (
            {"moved": 301, "edited": ["score_bands"]},
            "limit 30 %); edited since the last publication: score_bands.csv",
        ),
        (
            {
                **{"moved": 400, "moved_by_edges": 300, "culprit": ("late", 90, 450)},
                "edges": [("high", 50, 30)],
                "edited": ["score_bands", "scoring_rules"],
                "rows_of": {("score_bands", "high"): 2},
            },
            ", 300 of them by edited bands: high from 50 to 30 (score_bands.csv row 2)"
            " and 90 of them by late, +450 points together",
        ),
        ({"people": 699}, "301 of 1,000 people would lose their score"),
        ({"used": 7_999}, "2,001 of 10,000 used events would be gone"),
        (
            {"used": 7_999, "quality": {"files": {"could not be read": 2}}},
            "used events would be gone; 2 files cannot be read",
        ),
        (
            {
                "lost_rules": [("size", 20)],
                "near_values": [("size", "10-jan", "1-10", 9)],
                "edited": ["scoring_rules"],
            },
            "which 20 people matched, matches nobody: nobody has '10-jan', 9 people",
        ),
        (
            {"silent_names": ["sign_up"], "unmapped": [("signup", 20)]},
            "no event is called 'sign_up', and 20 events called 'signup' count for",
        ),
        (
            {
                **{"machines": 120, "people_with_machines": 1_100},
                "machine_rule": ("too_many_a_day", 110),
                "rows_of": {("bot_rules", "too_many_a_day"): 5},
            },
            "120 of 1,100 people would be taken for machines (11 %, limit 10 %), 110 of"
            " them by too_many_a_day (bot_rules.csv row 5)",
        ),
    ],
)
def test_the_gate_stops_at_each_limit(change: dict, told: str) -> None:
    stops = judge(BUILD, replace(CALM, **change))
    assert len(stops) == 1
    assert told in stops[0]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"moved": 300},
        {"bands": [("high", 8, 40), ("low", 992, 960)]},
        {"people": 700},
        {"used": 8_000},
        {"lost_rules": [("size", 19)], "edited": ["scoring_rules"]},
        {"lost_rules": [("size", 20)]},
        {"silent_names": ["sign_up"], "unmapped": [("signup", 19)]},
        # Few people are never too many: the only one changes band.
        {"people_before": 1, "people_in_both": 1, "moved": 1},
        {"people_before": None, "used_before": None},
        {
            **{"machines": 110, "people_with_machines": 1_100},
            "machine_rule": ("too_many_a_day", 110),
        },
    ],
)
def test_the_gate_lets_pass_what_is_within_the_limits(change: dict) -> None:
    assert judge(BUILD, replace(CALM, **change)) == []


AS_IT_SHOULD_BE = (0.001, 0.25)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        (
            {
                "quality": {
                    "rows": {"used": 970, "quarantined": 30},
                    "quarantined": {"no user_id": 20, "no event_type": 10},
                }
            },
            [
                "Set aside: 30 of 1,000 event rows (3 %): 20 no user_id,"
                " 10 no event_type (internal.stg_events_quarantined)."
            ],
        ),
        (
            {"quality": {"files": {"read": 3, "could not be read": 1}}},
            ["Not read: 1 event file (internal.stg_event_files says why)."],
        ),
        (
            {"quality": {"profile rows": {"a": 4, "b": 3, "c": 2, "d": 1, "e": 1}}},
            [
                "Set aside: 11 profile rows: 4 a, 3 b, 2 c, 2 for other reasons"
                " (internal.base_user_rows)."
            ],
        ),
        (
            {"quality": {"worth a look": {"event ids on several days": 1}}},
            [
                "1 event id comes back on another day, and counts each time"
                " (internal.stg_repeated_event_ids)."
            ],
        ),
        (
            {"quality": {"worth a look": {"events beyond the data": 2}}},
            [
                "2 events are of days that the data has not reached: they count when"
                " their day comes."
            ],
        ),
        (
            {
                "unmapped": [("a", 9), ("b", 8), ("c", 7), ("d", 6)],
                "waited_for": [("sent", 20)],
                "quality": {"rows": {"used": 950, "unmapped": 50}},
            },
            [
                "Event names that count for nothing: a (9), b (8), c (7) and 1 more,"
                " 3 % of the event rows; add them to event_types.csv.",
                "Event names that count for nothing on purpose, as bot_rules.csv waits"
                " for them: sent (20), 2 % of the event rows.",
            ],
        ),
        (
            {"quality": {"rows": {"used": 980, "of a machine": 20}}},
            [
                "Of machines, by bot_rules.csv: 20 of 1,000 event rows (2 %)"
                " (internal.int_machine_events)."
            ],
        ),
        (
            {"top_band": (1000, 400)},
            [
                "The band high holds 40 % of people (top_band_max_share is 25 %): look"
                " at its min_score in score_bands.csv."
            ],
        ),
        (
            {"top_band": (10_000, 0)},
            [
                "The band high holds 0 % of people (top_band_min_share is 0.1 %): look"
                " at its min_score in score_bands.csv."
            ],
        ),
        # Few people: chance explains it.
        ({"top_band": (3, 2)}, []),
        ({"top_band": (50, 0)}, []),
    ],
)
def test_the_summary_says_what_is_worth_saying(change: dict, told: list[str]) -> None:
    lines = summary(replace(CALM, **change), *AS_IT_SHOULD_BE)
    assert lines == ["Bands: high 40, low 960; no score changed.", *told]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"people_before": None}, ""),
        (
            {"scores_up": 1},
            "; 1 score changed (1 up, 0 down): `pointwise why` says whose",
        ),
        (
            {"scores_up": 5, "scores_down": 2, "moved": 1, "has_history": False},
            "; 7 scores changed (5 up, 2 down), 1 person changed band",
        ),
    ],
)
def test_the_summary_says_what_an_edit_did(change: dict, told: str) -> None:
    (line,) = summary(replace(CALM, **change), *AS_IT_SHOULD_BE)
    assert line == f"Bands: high 40, low 960{told}."


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
