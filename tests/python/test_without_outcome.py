"""People are scored before anybody has said what proves intent."""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta

import pytest
import yaml

from conftest import Scratch, clean_environment, last_lines
from pointwise.core.home import HOME

EVENTS = ("View", "Search", "Order")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Scratch:
    """A folder that an import without --outcome has made, built as it is."""
    scratch = Scratch(tmp_path_factory.mktemp("open"))
    scratch.environment = clean_environment()
    folder, drawn = scratch.folder / "mine", random.Random(4)
    with (scratch.folder / "events.csv").open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(("user_id", "time", "event"))
        for person in range(60):
            for _ in range(5 + person % 20):
                day = date(2026, 1, 1) + timedelta(days=drawn.randrange(120))
                writer.writerow((f"p{person}", day, drawn.choice(EVENTS)))
    output = take(scratch)
    assert "No outcome is named yet" in output
    scratch.environment[HOME] = str(folder)
    scratch.warehouse, scratch.published = (
        folder / "pointwise.duckdb",
        folder / "published",
    )
    built = scratch.run(
        *("dbt", "--log-level-file=none", "--no-use-colors", "build"),
        f"--target-path={scratch.folder / 'target'}",
    )
    assert built.returncode == 0, last_lines(built)
    return scratch


def take(scratch: Scratch, *arguments: str) -> str:
    """Import the events, and return what is said."""
    file, folder = scratch.folder / "events.csv", scratch.folder / "mine"
    result = scratch.pointwise("import", str(file), "--home", str(folder), *arguments)
    assert result.returncode == 0, last_lines(result)
    return result.stdout


def test_everybody_is_ranked_and_explained_and_nothing_is_judged(home: Scratch) -> None:
    users = home.query(
        "select count(*), count(score_meaning), count(band_meaning),"
        " count(*) filter (is_customer) from main.user_scores"
    )
    assert users[0][0] > 50
    assert users[0][1:] == (0, 0, 0)
    assert home.query("select count(*) from main.user_outcomes") == [(0,)]
    ranked = home.pointwise("rank", "--limit", "1").stdout
    assert "everything else" in ranked
    assert "convert" not in ranked
    ((best,),) = home.query(
        "select user_id from main.user_scores order by rank limit 1"
    )
    assert home.pointwise("explain", "--user", best).returncode == 0
    # What may be the outcome one day counts like any other event.
    points = "select count(*) from main.score_contributions where rule = 'did_order'"
    assert home.query(points) > [(0,)]


@pytest.mark.parametrize("command", ["evaluate", "train", "propose"])
def test_what_needs_an_outcome_says_so(home: Scratch, command: str) -> None:
    result = home.pointwise(command)
    assert result.returncode != 0
    assert result.stderr.startswith("error: no outcome is set, the event that proves")
    assert len(result.stderr.splitlines()) == 1


def test_an_outcome_can_be_named_later(home: Scratch) -> None:
    settings = home.folder / "mine" / "settings.yml"
    before = settings.read_text()
    assert yaml.safe_load(before)["outcome_event_type"] is None
    assert "has outcome_event_type: order." in take(home, "--outcome", "Order")
    assert yaml.safe_load(settings.read_text())["outcome_event_type"] == "order"
    settings.write_text(before)
