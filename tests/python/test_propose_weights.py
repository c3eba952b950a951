"""Proposed points: scored as the build scores, in the form of the panel."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from conftest import PROJECT, Scratch, last_lines
from pointwise.commands import propose as command
from pointwise.core.errors import PointwiseError
from pointwise.core.panel.edited import edited_text
from pointwise.learning import proposal, split
from pointwise.learning.bands import Band, kept_sizes, moved_too_much, sizes
from pointwise.learning.effects import read_effects
from pointwise.learning.examples import Examples, examples_of, read_examples
from pointwise.learning.joint import fit, most_of, shares
from pointwise.learning.metrics import auc, ranking
from pointwise.learning.panel import Rule, read_rules, rule_points, scores, times_fired
from pointwise.learning.proposal import (
    Bound,
    Evidence,
    Proposal,
    bounds_of,
    fitted,
    propose,
)
from pointwise.learning.whole import with_most

SEED = PROJECT / "seeds" / "scoring_rules.csv"


@pytest.fixture
def proposed(
    default_world: Scratch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> Callable[..., str]:
    """Propose points for the default world, and return what is printed."""
    monkeypatch.setattr(split, "FEWEST", 2)
    # With few conversions, other people favour nothing, and later snapshots neither:
    # propose anyway.
    monkeypatch.setattr(proposal, "FAVOURED", -9.0)
    monkeypatch.setattr(command, "gain", lambda *_: command.Gain(0.7, 0.7, -0.1, 0.1))
    monkeypatch.setenv("POINTWISE_PUBLISHED", str(default_world.published))
    monkeypatch.setenv("POINTWISE_MODEL", str(tmp_path / "model"))

    def run(*arguments: str) -> str:
        command.main(["--replicates", "100", *arguments], standalone_mode=False)
        return capsys.readouterr().out

    return run


def with_points(text: str, rules: list[Rule]) -> str:
    """Return the text of scoring_rules.csv with the points of these rules."""
    return edited_text("scoring_rules", text, command.points_of(rules))


def rule(name: str, feature: str, points: int, **more: object) -> Rule:
    """Return a rule of the group `web`, whose cap is 40."""
    cells = {"min_value": 1.0, "max_value": None, "equals": None, "per": None}
    cells |= {"max_points": None, "group_max_points": 40, **more}
    return Rule(rule=name, rule_group="web", feature=feature, points=points, **cells)


ODDS = {"strong": 2.4, "weak": 0.8, "idle": 0.0, "bad": -1.5, "never": 0.0}


def planted(rows: int = 6000, seed: int = 2) -> Examples:
    """Return examples in which a strong, a weak and an idle behaviour are planted."""
    random = np.random.default_rng(seed)
    does = {
        name: random.random(rows) < (0.3 if name != "never" else 0) for name in ODDS
    }
    odds = -3.5 + sum(ODDS[name] * does[name] for name in ODDS)
    chance = 1 / (1 + np.exp(-odds))
    features = {name: does[name].astype(float) for name in ODDS}
    return examples_of(
        pd.DataFrame(
            {
                "user_id": [f"u{k // 2}" for k in range(rows)],
                "as_of_date": pd.Timestamp("2026-01-05"),
                "is_converted": random.random(rows) < chance,
                "score": 1,
                "is_judged": True,
                **features,
                "industry": random.choice(["Software", "Retail"], rows),
                "horizon_end_date": pd.Timestamp("2026-01-19"),
            }
        )
    )._replace(probability=chance)


# In the wrong order: the weak is worth most, the strong little, the idle much.
PANEL = [
    rule("strong", "strong", 4),
    rule("weak", "weak", 30),
    rule("idle", "idle", 20),
    rule("bad", "bad", -3, group_max_points=40),
    rule("never", "never", 9),
    rule("software", "industry", 8, min_value=None, equals="Software"),
]


def test_planted_effects_come_back_in_their_order() -> None:
    found = propose(PANEL, planted())
    assert found.is_favoured
    points = {rule.rule: rule.points for rule in found.rules}
    assert points["strong"] > 2 * points["weak"] > 0
    assert points["bad"] < 0
    assert abs(points["idle"]) <= points["strong"] / 6
    assert abs(points["software"]) <= points["strong"] / 6
    evidence = {item.old.rule: item for item in found.evidence}
    assert not evidence["never"].has_enough_data
    # Nothing is known about it: it stays what it is worth, on whatever scale.
    whole, scale, _ = fitted(
        PANEL, times_fired(PANEL, planted().features), planted().is_converted
    )
    assert points["never"] == round(9 * scale.slope / whole.slope)
    for old, new in zip(PANEL, found.rules, strict=True):
        assert new.points * old.points >= 0
        assert new._replace(points=old.points) == old


def test_no_sign_is_turned_even_if_the_data_say_so() -> None:
    panel = [rule("strong", "strong", -5), rule("bad", "bad", 5), *PANEL[1:3]]
    found = propose(panel, planted())
    points = {rule.rule: rule.points for rule in found.rules}
    assert points["strong"] == 0
    assert points["bad"] == 0


def test_a_panel_that_tells_nothing_is_named(capsys: pytest.CaptureFixture) -> None:
    """Its one rule gives points for what keeps people from converting."""
    found = propose([rule("bad", "bad", 5)], planted())
    assert found.rules[0].points == 5
    assert (found.evidence[0].low, found.evidence[0].high) == (0, 40)
    command.print_rules(found, planted(100), [])
    printed = " ".join(capsys.readouterr().out.split())
    assert "no number of points of the panel doubles the odds." in printed
    assert "nan" not in printed


# What the planted effects are worth, except for their scale.
TRUE_PANEL = [
    rule("strong", "strong", 24),
    rule("weak", "weak", 8),
    rule("bad", "bad", -15),
    rule("idle", "idle", 0),
]


def test_points_are_proposed_only_if_they_help_and_their_intervals_cover() -> None:
    """Worlds with some 50 conversions: a wrong panel, and one that is right.

    Of the wrong one nearly every proposal is truly better, of the right one few are
    made, and none is much worse. `bench/learning.py` does the same with a real panel.
    """
    truth = planted(20000, seed=99)
    once = np.ones(len(truth.user_id))

    def quality(rules: list[Rule]) -> float:
        ranked = ranking(scores(rules, times_fired(rules, truth.features)))
        return auc(ranked, truth.probability, once)

    made: dict[str, list[float]] = {"wrong": [], "right": []}
    covered = []
    for seed in range(12):
        world = planted(650, seed)
        for name, panel in (("wrong", PANEL[:4]), ("right", TRUE_PANEL)):
            found = propose(panel, world)
            if found.is_favoured:
                made[name].append(quality(found.rules) - quality(panel))
            counts = times_fired(panel, world.features)
            slope = fitted(panel, counts, world.is_converted)[0].slope
            for item in found.evidence if slope > 0 else []:
                if not item.has_enough_data:
                    continue
                worth = np.clip(ODDS[item.old.feature] / slope, *most_of(item.old))
                covered.append(item.low <= worth <= item.high)
                if item.new != item.old:
                    assert item.low <= item.new.most_points <= item.high
    assert len(made["wrong"]) >= 9
    assert min(made["wrong"]) > 0
    assert len(made["right"]) <= 4
    assert min([0, *made["right"]]) > -0.01
    assert np.mean(covered) >= 0.9


@pytest.mark.parametrize("points_a_unit", [5, 12])
def test_a_panel_that_stands_lies_within_its_intervals(
    monkeypatch: pytest.MonkeyPatch, points_a_unit: int
) -> None:
    """Points in proportion to the truth: where none are proposed, none look refuted."""
    monkeypatch.setattr(proposal, "FAVOURED", 99.0)
    odds = {name: worth for name, worth in ODDS.items() if worth}
    rules = [rule(name, name, round(points_a_unit * odds[name])) for name in odds]
    found = propose(rules, planted())
    assert found.rules == rules
    for one in found.evidence:
        assert one.low <= one.old.points <= one.high, one


def test_the_pull_to_the_panel_is_ridge_regression() -> None:
    """Where the loss is least, its slope is the pull: Σx(y - p) = strength · apart."""
    world = planted(800)
    columns = shares(PANEL[:4], times_fired(PANEL[:4], world.features))
    panel = np.array([0.5, 0.2, 0.1, -0.1])
    found = fit(columns, world.is_converted, panel, 4.0)
    chance = 1 / (1 + np.exp(-(found[0] + columns @ found[1:])))
    slope = columns.T @ (world.is_converted - chance)
    assert slope == pytest.approx(4 * (found[1:] - panel), abs=0.01)


def test_a_rule_for_every_so_much_can_become_zero() -> None:
    views = rule("views", "views", 2, per=1.0, max_points=15)
    assert with_most(views, 0) == views._replace(points=0)
    assert command.points_text(with_most(views, 0)) == "0"
    assert with_most(views, 60).max_points == 40  # The cap of its group.
    assert rule_points(with_most(views, 0), np.array([0, 3])).tolist() == [0, 0]


def test_of_a_group_that_picks_the_best_one_rule_counts() -> None:
    """Of 4 and 30 the latter; of what takes away, what takes most."""
    panel = [
        rule("strong", "strong", 4, group_picks_best=True),
        rule("bad", "bad", -3, group_picks_best=True),
        rule("worse", "bad", -9, group_picks_best=True),
        rule("weak", "weak", 30, group_picks_best=True),
    ]
    fired = np.array([[1, 1, 0, 1], [0, 1, 1, 0], [1, 1, 1, 0], [0, 0, 0, 0]])
    assert scores(panel, fired).tolist() == [31, 1, 5, 1]


def test_bands_keep_their_sizes_on_another_scale() -> None:
    bands = [Band("high", 50), Band("medium", 25), Band("low", 1)]
    old = np.repeat([80, 60, 40, 10, 1], [30, 40, 300, 1000, 5000])
    new = np.maximum(old // 4, 1)
    moved = kept_sizes(bands, old, new)
    assert [band.min_score for band in moved] == [15, 10, 1]
    assert sizes(moved, new).tolist() == sizes(bands, old).tolist() == [70, 300, 6000]
    assert moved_too_much(bands, sizes(bands, old), sizes(bands, new)) == "high, medium"
    coarse = kept_sizes(bands, old, np.ones(len(old), int))
    assert [band.min_score for band in coarse] == [50, 25, 1]


def test_the_verdict_has_two_sides_and_names_what_held_a_rule_back(
    capsys: pytest.CaptureFixture,
) -> None:
    old, new = rule("strong", "strong", 4), rule("strong", "strong", 40)
    item = Evidence(old, new, 900, 0.2, 30, 40, True, held_back=55)
    bound = Bound("Web", 52, 40, 3)
    found = Proposal([new], [item], 2.5, (8.0, 6.5), [bound])
    better, worse = (
        command.Gain(0.7, 0.8, 0.05, 0.15),
        command.Gain(0.7, 0.6, -0.2, -0.1),
    )
    unclear = command.Gain(0.7, 0.71, -0.01, 0.03)
    for gain, off, is_written, says in (
        (better, "", True, "they rank better (AUC 0.7000 to 0.8000, +0.1000"),
        (worse, "", False, "on later snapshots they rank worse"),
        (unclear, "", True, "neither gain nor loss is shown"),
        (better, "high", False, "the size of high would change by more than a fifth"),
    ):
        written, said = command.verdict(found, gain, off)
        assert written == is_written
        assert says in said
    written, said = command.verdict(found._replace(favour=0.4), better, "")
    assert not written
    assert "favour them by 0.4 standard errors, of 1 needed" in said
    command.print_rules(found, planted(100), [])
    printed = " ".join(capsys.readouterr().out.split())
    assert (
        "strong: worth 55 points, held back by the cap of its group web, 40" in printed
    )
    assert (
        "Web: its rules are worth up to 52 points together, held back by its cap, 40,"
        " in 3 examples." in printed
    )
    assert "8.0 points of the panel double the odds of converting, 6.5 of" in printed


def test_a_cap_that_rules_reach_together_only_is_named() -> None:
    """30 and 20 are 50 where both apply, more than 40; neither is alone."""
    rules = [rule("strong", "strong", 4), rule("weak", "weak", 30)]
    rules += [rule("other", "idle", 5)._replace(rule_group="other", group_max_points=9)]
    points = np.array([[30.0, 20.0, 9.4], [30.0, 0.0, 9.4], [30.0, 20.0, 0.0]])
    assert bounds_of(rules, points) == [Bound("web", 50, 40, 2)]
    # A rule that is worth more alone is named by itself.
    assert bounds_of(rules, points * 1.5) == []
    best = [one._replace(group_picks_best=True) for one in rules]
    assert bounds_of(best, points) == []


def test_rules_count_and_cap_as_the_build_does(default_world: Scratch) -> None:
    """Every published score of every snapshot, also of rules that the world lacks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POINTWISE_PUBLISHED", str(default_world.published))
        with command.connect() as connection:
            rules, examples = read_rules(connection), read_examples(connection)
    assert len(rules) == 24
    command.check_scores(rules, examples)
    changed = [rules[0]._replace(points=rules[0].points + 1), *rules[1:]]
    with pytest.raises(PointwiseError, match="published scores are not those"):
        command.check_scores(changed, examples)


def test_the_build_scores_the_proposed_file_as_the_proposal_says(
    default_world: Scratch, scratch: Scratch, proposed: Callable[..., str]
) -> None:
    panel = scratch.folder / "panel"
    shutil.copytree(PROJECT / "seeds", panel)
    printed = proposed("--out", str(panel / "scoring_rules.csv"))
    assert printed.startswith("Other points are proposed for ")
    assert (panel / "scoring_rules.csv").read_text() != SEED.read_text()
    shutil.copy(default_world.warehouse, scratch.warehouse)
    scratch.environment |= {
        "POINTWISE_CONTROL": str(panel),
        "POINTWISE_EVENTS": default_world.environment["POINTWISE_EVENTS"],
    }
    chosen = ("scoring_rules", "+training_examples,scoring_rules+")
    result = scratch.dbt(
        "build", "--exclude-resource-type", "test", "unit_test", "-s", *chosen
    )
    assert result.returncode == 0, last_lines(result)
    with scratch.connect() as connection:
        connection.execute("use main")
        rules = read_rules(connection)
        table = connection.execute(
            "select examples.*, outcomes.horizon_end_date, true as is_judged"
            " from main.training_examples as examples"
            " inner join main.user_outcomes as outcomes using (user_id, as_of_date)"
        ).df()
    examples = examples_of(table)
    expected = scores(rules, times_fired(rules, examples.features))
    assert (expected == examples.score).all()
    before = default_world.query("select sum(score) from main.training_examples")[0][0]
    assert examples.score.sum() != before


def test_no_file_is_written_that_other_people_do_not_favour(
    tmp_path: Path, proposed: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposal, "FAVOURED", 1.0)
    printed = proposed()
    assert printed.startswith("No other points are proposed: people who were left out")
    assert printed.endswith("No file is written.\n")
    assert not (tmp_path / "model").exists()


def test_only_points_differ_in_the_proposed_file(
    tmp_path: Path, proposed: Callable[..., str]
) -> None:
    printed = proposed()
    assert "Bands: as many in each as before" in printed
    assert "git diff --no-index" in printed
    out = tmp_path / "model" / "proposed" / "scoring_rules.csv"
    old, new = (pd.read_csv(path, dtype=str) for path in (SEED, out))
    changing = ["points", "max_points"]
    pd.testing.assert_frame_equal(
        old.drop(columns=changing), new.drop(columns=changing)
    )
    assert (old["points"] != new["points"]).any()
    assert (old["max_points"].isna() == new["max_points"].isna()).all()


def test_the_panel_itself_is_never_written(proposed: Callable[..., str]) -> None:
    before = SEED.read_bytes()
    with pytest.raises(PointwiseError, match="is the panel itself"):
        proposed("--out", str(SEED))
    assert SEED.read_bytes() == before


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cells_that_do_not_change_stay_as_they_are_written(end: str) -> None:
    lines = [
        "rule,reason,points,max_points",
        'a,"Said ""hello"", twice",3,',
        '"b", spaced ,"4",9',
        "c,,5,",
        "",
    ]
    text = end.join(lines)
    same = [rule("a", "x", 3), rule("b", "x", 4, per=1.0, max_points=9)]
    assert with_points(text, [*same, rule("c", "x", 5)]) == text
    other = [*same[:1], rule("b", "x", 7, per=1.0, max_points=12), rule("c", "x", -5)]
    lines[2:4] = ['"b", spaced ,7,12', "c,,-5,"]
    assert with_points(text, other) == end.join(lines)
    with pytest.raises(PointwiseError, match="has no rule z"):
        with_points(text, [rule("z", "x", 1)])


def test_finished_experiments_tell_whether_acting_on_high_scores_pays(
    capsys: pytest.CaptureFixture,
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create table score_bands as
            select * from (values ('low', 1), ('high', 50)) as t (band, min_score);
            create table experiment_results as
            select * from (values
                ('calls', 't', 'high', 'shrunken', true, 90, 80, 0.01, -0.04, 0.06),
                ('calls', 't', 'low', 'shrunken', true, 9, 8, 0.05, 0.02, 0.08),
                ('calls', 't', 'low', 'ratio', true, 9, 8, 2.0, 1.0, 3.0),
                ('calls', 't', 'all', 'shrunken', true, 99, 88, 0.05, 0.02, 0.08),
                ('mails', 't', 'high', 'shrunken', true, 9, 8, 0.05, 0.02, 0.08),
                ('texts', 't', 'high', 'shrunken', true, 9, 8, -0.05, -0.08, -0.02),
                ('rare', 't', 'high', 'shrunken', true, 9, 8, 0.05, null, null),
                ('later', 't', 'high', 'shrunken', false, 9, 8, 0.05, 0.02, 0.08),
                ('stopped', 't', 'high', 'shrunken', true, 9, 8, null, null, null)
            ) as t (
                experiment, arm, cell, method, is_final, users, control_users,
                estimate, lower, upper
            )
            """
        )
        effects = read_effects(connection)
    command.print_effects(effects)
    assert [found[:4] for found in effects] == [
        ("calls", "t", "high", 170),
        ("calls", "t", "low", 17),
        ("mails", "t", "high", 17),
        ("rare", "t", "high", 17),
        ("texts", "t", "high", 17),
    ]
    printed = " ".join(capsys.readouterr().out.split())
    assert "effect, % points" in printed
    assert "+1.0 -4.0 to +6.0" in printed
    assert "calls, t: acting on band high is not shown to pay" in printed
    assert "It pays in low." in printed
    assert "mails, t: acting on band high pays" in printed
    assert "+5.0 too few conversions" in printed
    assert "rare, t: acting on band high has too few conversions to say" in printed
    assert "texts, t: acting on band high does harm" in printed
    command.print_effects([])
    assert capsys.readouterr().out == ""
