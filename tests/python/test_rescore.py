"""What-if scores: those of the build, if nothing or the same thing is edited."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from conftest import PROJECT, Scratch
from pointwise.core.errors import PointwiseError
from pointwise.page.rescore import PANEL, Rescoring

SCORES = {
    "scores": "select user_id, score, band, rank, fit_score, grade, weights_version"
    " from main.user_scores order by user_id",
    "sums": "select user_id,"
    " (sum(points) filter (score_name = 'intent'))::int as score,"
    " (sum(points) filter (score_name = 'fit'))::int as fit_score"
    " from main.score_contributions group by user_id order by user_id",
}


def panel_in(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the published control panel."""
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in PANEL}


def test_with_the_published_panel_scores_are_the_published_ones(
    default_world: Scratch,
) -> None:
    folder = default_world.generation
    done = Rescoring(folder, "user_scores").run(panel_in(folder), "user_scores", SCORES)
    published = duckdb.sql(
        "select user_id, score, band, rank, fit_score, grade, weights_version"
        f" from '{folder}/user_scores.parquet' order by user_id"
    ).df()
    pd.testing.assert_frame_equal(done["scores"], published, check_dtype=False)
    assert done["sums"].equals(done["scores"][["user_id", "score", "fit_score"]])


def test_past_dates_score_as_the_examples_say(default_world: Scratch) -> None:
    """Until somebody edits, the page shows what the examples say."""
    folder = default_world.generation
    query = "select user_id, as_of_date, score from internal.int_scores"
    asked = {"scores": f"{query} order by all"}
    done = Rescoring(folder, "training_examples").run(
        panel_in(folder), "int_scores", asked
    )
    published = duckdb.sql(
        "select user_id, as_of_date, score"
        f" from '{folder}/training_examples.parquet' order by all"
    ).df()
    assert len(published) > 100
    pd.testing.assert_frame_equal(done["scores"], published, check_dtype=False)


def test_an_edited_panel_scores_as_a_build_with_it(
    default_world: Scratch, scratch: Scratch
) -> None:
    """The build, in another folder and of the same events, has the edit in its CSVs."""
    panel = panel_in(default_world.generation)
    rules, bands = panel["scoring_rules"], panel["score_bands"]
    rules.loc[rules["rule"] == "signed_up", "max_points"] = 5
    rules.loc[rules["rule"] == "viewed_pricing", "per"] = 0.5
    rules.loc[rules["rule"] == "fit_finance", "points"] = 30
    bands.loc[bands["band"] == "medium", "min_score"] = 20
    done = Rescoring(default_world.generation, "user_scores").run(
        panel, "user_scores", SCORES
    )
    folder = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", folder)
    for file, old, new in (
        ("scoring_rules", "signed_up,product_use,signups_84d,,,,3,0.2,15,",
         "signed_up,product_use,signups_84d,,,,3,0.2,5,"),
        ("scoring_rules", "pricing_days_28d,,,,1,0.12,", "pricing_days_28d,,,,1,0.5,"),
        ("scoring_rules", "Finance,18,", "Finance,30,"),
        ("score_bands", "medium,25,", "medium,20,"),
    ):  # fmt: skip
        text = (folder / f"{file}.csv").read_text()
        assert old in text
        (folder / f"{file}.csv").write_text(text.replace(old, new))
    scratch.environment |= {
        "POINTWISE_CONTROL": str(folder),
        "POINTWISE_EVENTS": default_world.environment["POINTWISE_EVENTS"],
        "POINTWISE_USERS": default_world.environment["POINTWISE_USERS"],
        "POINTWISE_LINKS": default_world.environment["POINTWISE_LINKS"],
    }
    scratch.build("--select", "+user_scores", "--exclude-resource-type", "test")
    built = scratch.query(
        "select user_id, score, band, rank, fit_score, grade, weights_version"
        " from main.user_scores order by user_id"
    )
    assert [tuple(row) for row in done["scores"].to_numpy().tolist()] == built
    assert any(score != 1 for _, score, *_ in built)


def test_a_panel_that_cannot_be_scored_with_is_a_one_line_error(
    default_world: Scratch,
) -> None:
    panel = panel_in(default_world.generation)
    panel["scoring_rules"]["points"] = "ten"
    everyone = Rescoring(default_world.generation, "user_scores")
    with pytest.raises(PointwiseError, match="cannot score with it"):
        everyone.run(panel, "user_scores", SCORES)
