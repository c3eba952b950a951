"""Proposed points: scored as the build scores, in the form of the panel."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from conftest import PROJECT, Scratch, last_lines
from pointwise.commands import propose as command
from pointwise.core.errors import PointwiseError
from pointwise.core.panel.edited import edited_text
from pointwise.learning import proposal, split
from pointwise.learning.effects import read_effects
from pointwise.learning.examples import Examples, examples_of, read_examples
from pointwise.learning.joint import Prior
from pointwise.learning.panel import Rule, read_rules, scores, times_fired
from pointwise.learning.proposal import propose
from pointwise.learning.whole import Fit

SEED = PROJECT / "seeds" / "scoring_rules.csv"


@pytest.fixture
def proposed(
    default_world: Scratch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> Callable[..., str]:
    """Propose points for the default world, and return what is printed."""
    monkeypatch.setattr(split, "FEWEST_CONVERTED", 2)
    monkeypatch.setattr(proposal, "FEWEST_CONVERTED", 1)
    monkeypatch.setenv("POINTWISE_PUBLISHED", str(default_world.published))
    monkeypatch.setenv("POINTWISE_MODEL", str(tmp_path / "model"))

    def run(*arguments: str) -> str:
        command.main(["--replicates", "3", *arguments], standalone_mode=False)
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


def planted(rows: int = 6000, seed: int = 2) -> Examples:
    """Return examples in which a strong, a weak and an idle behaviour are planted."""
    random = np.random.default_rng(seed)
    strong, weak, idle, bad = (random.random(rows) < 0.3 for _ in range(4))
    industry = random.choice(["Software", "Retail"], rows)
    odds = -3.5 + 2.4 * strong + 0.8 * weak - 1.5 * bad
    return examples_of(
        pd.DataFrame(
            {
                "user_id": [f"u{k // 2}" for k in range(rows)],
                "as_of_date": pd.Timestamp("2026-01-05"),
                "is_converted": random.random(rows) < 1 / (1 + np.exp(-odds)),
                "score": 1,
                "strong": strong.astype(float),
                "weak": weak.astype(float),
                "idle": idle.astype(float),
                "bad": bad.astype(float),
                "never": 0.0,
                "industry": industry,
                "horizon_end_date": pd.Timestamp("2026-01-19"),
            }
        )
    )


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
    found = propose(PANEL, planted(), replicates=20, seed=1)
    points = {rule.rule: rule.points for rule in found.rules}
    assert points["strong"] > 2 * points["weak"] > 0
    assert points["bad"] < 0
    assert abs(points["idle"]) <= points["strong"] / 6
    assert abs(points["software"]) <= 2
    evidence = {item.old.rule: item for item in found.evidence}
    assert not evidence["never"].has_enough_data
    assert points["never"] == 9  # Nothing is known of it: it stays.
    assert 0.8 * evidence["strong"].low <= points["strong"]
    assert points["strong"] <= 1.2 * evidence["strong"].high
    for old, new in zip(PANEL, found.rules, strict=True):
        assert new.points * old.points >= 0
        assert new._replace(points=old.points) == old


def test_no_sign_is_turned_even_if_the_data_say_so() -> None:
    panel = [rule("strong", "strong", -5), rule("bad", "bad", 5), *PANEL[1:3]]
    found = propose(panel, planted(), replicates=2, seed=1)
    points = {rule.rule: rule.points for rule in found.rules}
    assert points["strong"] == 0
    assert points["bad"] == 0


def test_the_curve_over_scores_is_the_best_there_is() -> None:
    score = np.repeat([1, 5, 20, 40, 60, 93], [4800, 900, 500, 300, 200, 100])
    label = (np.arange(len(score)) * 7919 % 100 < score * 0.4).astype(float)
    curve = LogisticRegression(C=np.inf, tol=1e-9, max_iter=5000)
    likely = curve.fit(score[:, None], label).predict_proba(score[:, None])[:, 1]
    least = -np.log(np.where(label, likely, 1 - likely)).sum()
    fit = Fit(label, Prior(PANEL, 0.0, np.ones(len(PANEL), bool)), strength=0.0)
    assert fit.loss(PANEL, score) == pytest.approx(least, rel=1e-6)


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
    assert "the AUC goes from" in printed
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
            "select examples.*, outcomes.horizon_end_date"
            " from main.training_examples as examples"
            " inner join main.user_outcomes as outcomes using (user_id, as_of_date)"
        ).df()
    examples = examples_of(table)
    expected = scores(rules, times_fired(rules, examples.features))
    assert (expected == examples.score).all()
    before = default_world.query("select sum(score) from main.training_examples")[0][0]
    assert examples.score.sum() != before


def test_only_points_differ_in_the_proposed_file(
    tmp_path: Path, proposed: Callable[..., str]
) -> None:
    printed = proposed()
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
                ('calls', 't', 'high', 'difference', true, 90, 80, 0.01, -0.04, 0.06),
                ('calls', 't', 'low', 'difference', true, 9, 8, 0.05, 0.02, 0.08),
                ('calls', 't', 'low', 'ratio', true, 9, 8, 2.0, 1.0, 3.0),
                ('calls', 't', 'all', 'difference', true, 99, 88, 0.05, 0.02, 0.08),
                ('mails', 't', 'high', 'difference', true, 9, 8, 0.05, 0.02, 0.08),
                ('texts', 't', 'high', 'difference', true, 9, 8, -0.05, -0.08, -0.02),
                ('rare', 't', 'high', 'difference', true, 9, 8, 0.05, null, null),
                ('later', 't', 'high', 'difference', false, 9, 8, 0.05, 0.02, 0.08),
                ('stopped', 't', 'high', 'difference', true, 9, 8, null, null, null)
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
