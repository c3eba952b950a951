"""Learners compete, the simplest within one standard error wins, and none is believed.

Without any build: examples of a truth that is known, drawn here.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pointwise.commands.train import reasons_against
from pointwise.core.errors import PointwiseError
from pointwise.learning import models
from pointwise.learning.artefact import Outcome, Trained, read_model
from pointwise.learning.checks import checks_of
from pointwise.learning.comparison import Population, compare
from pointwise.learning.competition import losses_of
from pointwise.learning.encoding import Column
from pointwise.learning.examples import Examples, examples_of
from pointwise.learning.installed import LEARNERS, LOGISTIC, MEAN, TREES, Model
from pointwise.learning.metrics import calibration_of, log_odds, sigmoid
from pointwise.learning.split import split_by_time
from pointwise.learning.training import RULES, SINGLE, learn

SETTINGS = models.Settings({**models.COMMON, "max_depth": 2, "seed": 1}, 20, 0.0)
COLUMNS = [Column("visits"), Column("days_since_booking"), Column("industry", "Retail")]


def drawn(rows: int = 2000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return encoded examples, one column of them optional, and their labels."""
    random = np.random.default_rng(seed)
    visits = random.poisson(2, rows)
    booking = np.where(random.random(rows) < 0.3, random.integers(0, 30, rows), np.nan)
    retail = random.random(rows) < 0.2
    margin = -2 + 0.5 * visits + 0.8 * ~np.isnan(booking) - 0.5 * retail
    encoded = np.column_stack([visits, booking, retail]).astype(np.float32)
    return encoded, (random.random(rows) < sigmoid(margin)).astype(float)


def fitted(learner: str) -> Model:
    """Return a model of a learner."""
    return models.fit_model(learner, *drawn(), SETTINGS, 0.1)


def trained(model: Model) -> Trained:
    """Return a model with what a file says besides."""
    features = {"visits": [], "days_since_booking": [], "industry": []}
    outcome = Outcome("signed_up", False, 14)
    return Trained(model, COLUMNS, features, outcome, "2026-06-28")


@pytest.mark.parametrize("learner", LEARNERS)
def test_a_model_file_predicts_as_before_and_explains_every_margin(
    learner: str, tmp_path: Path
) -> None:
    model, (encoded, _) = fitted(learner), drawn(rows=50, seed=2)
    (tmp_path / "model.json").write_bytes(trained(model).file())
    assert json.loads((tmp_path / "model.json").read_text())["learner"]["attributes"]
    found = read_model(tmp_path / "model.json")
    assert found.model.learner == learner
    assert found.learned_until == "2026-06-28"
    margin = found.model.margin(encoded)
    np.testing.assert_array_equal(margin, model.margin(encoded))
    effects = found.model.effects(encoded)
    assert effects.shape == (50, len(COLUMNS) + 1)
    np.testing.assert_allclose(effects.sum(axis=1), margin, atol=1e-5)
    assert trained(found.model).file() == trained(model).file()


def test_a_regression_is_explained_beside_the_average_and_a_mean_is_half_of_each() -> (
    None
):
    encoded, _ = drawn()
    model = fitted(MEAN)
    regression, trees = model._replace(booster=None), model._replace(logistic=None)
    np.testing.assert_allclose(
        regression.effects(encoded)[:, :-1].mean(axis=0), 0, atol=1e-9
    )
    for of in (Model.margin, Model.effects):
        half = (of(regression, encoded) + of(trees, encoded)) / 2
        np.testing.assert_allclose(of(model, encoded), half)


def test_a_regression_whose_lists_differ_in_length_is_no_model(tmp_path: Path) -> None:
    model = fitted(LOGISTIC)
    regression = model.logistic._replace(mean=model.logistic.mean[:-1])
    path = tmp_path / "model.json"
    path.write_bytes(trained(Model(None, regression)).file())
    with pytest.raises(PointwiseError, match="is no model of `pointwise train`"):
        read_model(path)


def test_within_one_standard_error_the_simplest_wins() -> None:
    random = np.random.default_rng(4)
    truth = random.uniform(0.02, 0.4, 4000)
    label = (random.random(4000) < truth).astype(float)
    user = np.arange(4000) % 1000
    noise = random.normal(0, 0.02, 4000)
    predictions = {
        "constant": np.full(4000, label.mean()),
        "simple": sigmoid(log_odds(truth) + noise),
        "complex": truth,
    }
    losses = losses_of(label, predictions, user, seed=1)
    assert losses.winner() == "simple"
    assert losses.only(("complex", "simple")).winner() == "complex"
    assert losses.only(("constant", "complex")).winner() == "complex"


def test_the_standard_error_is_that_of_people_not_of_rows() -> None:
    """Four equal rows a person: the error is that of a quarter of the rows."""
    random = np.random.default_rng(4)
    label = (random.random(500) < 0.3).astype(float)
    predictions = {"a": np.full(500, 0.3), "b": random.uniform(0.1, 0.5, 500)}
    once = losses_of(label, predictions, np.arange(500), seed=1)
    four = losses_of(
        np.tile(label, 4),
        {name: np.tile(found, 4) for name, found in predictions.items()},
        np.tile(np.arange(500), 4),
        seed=1,
    )
    assert four.worse_by("b", "a") == pytest.approx(once.worse_by("b", "a"))
    apart = once.by_model["b"] - once.by_model["a"]
    error = apart.std(ddof=1) / np.sqrt(500)
    assert once.worse_by("b", "a")[1] == pytest.approx(error, rel=0.1)


def examples(is_noise: bool) -> Examples:
    """Return examples of six dates, of 300 people each; two dates are not judged."""
    dates, user = np.divmod(np.arange(1800), 300)
    encoded, label = drawn(1800)
    noise = np.random.default_rng(1).random(1800) < 0.3
    day = pd.Timestamp("2026-01-05") + pd.to_timedelta(14 * dates, "D")
    features = dict(zip(("visits", "booking", "retail"), encoded.T, strict=True))
    about = {
        "user_id": [f"u{number}" for number in user],
        "as_of_date": day,
        "score": 1,
    }
    about |= {"is_converted": noise if is_noise else label, "is_judged": dates > 1}
    about |= {"horizon_end_date": day + pd.Timedelta(14, "D")}
    return examples_of(pd.DataFrame({**about, **features}))


def test_models_compete_on_people_who_were_left_out_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """But where points have learned from what followed, on later dates only."""
    monkeypatch.setattr(models, "CANDIDATES", models.CANDIDATES[:1])
    for is_noise in (False, True):
        found = examples(is_noise)
        split = split_by_time(found)
        losses = learn(found, split, {}, 1, lambda: None).losses
        assert len(losses.user_id) == found.is_judged.sum() > split.test.sum()
    # A model that knows them would lose less on noise that it has learned: 0.61.
    assert all(losses.mean(name) > 0.6 for name in losses.by_model)


def rejected(seed: int, before: int, later: int, rules: float, then: float) -> bool:
    """Return whether a model is that was nearer to the truth than the rules.

    `before` people were left out, on whom its log-odds are off by 0.2, those of the
    rules by `rules`; `then` says by how much its own are on the `later` ones.
    """
    random = np.random.default_rng(seed)
    user = np.arange(before + later)
    margin = random.normal(-3.5, 1.2, len(user))
    label = (random.random(len(user)) < sigmoid(margin)).astype(float)
    off = np.where(user < before, 0.2, then)
    found = {
        RULES: sigmoid(margin + random.normal(0, rules, len(user))),
        LOGISTIC: sigmoid(margin + random.normal(0, 1, len(user)) * off),
    }
    predictions = {name: values[before:] for name, values in found.items()}
    learned = SimpleNamespace(
        learner=LOGISTIC,
        losses=losses_of(label, found, user, seed=1),
        predictions={**predictions, SINGLE: predictions[RULES]},
    )
    test = SimpleNamespace(is_converted=label[before:], user_id=user[before:])
    return bool(reasons_against(test, learned, None, []))


def test_a_few_later_conversions_reject_no_better_model_unless_they_are_clear() -> None:
    """By some 40 later conversions alone, a quarter of the better ones would be."""
    better = [rejected(seed, 2500, 800, 0.45, then=0.2) for seed in range(40)]
    assert sum(better) <= 3
    # Before it was so much better that only the later people speak against it.
    moved = [rejected(seed, 8000, 2500, 0.6, then=1.2) for seed in range(40)]
    assert sum(moved) >= 36


def checked(probability: np.ndarray, label: np.ndarray, base_rate: float) -> dict:
    """Return whether each check is passed, and what it says."""
    users = np.arange(len(label)).astype(str)
    population = Population("all users", users, label, {"ours": probability}, None)
    rows = compare(population, base_rate, 100, 1, lambda: None)
    return {check.check_name: check for check in checks_of(rows, "all users", "ours")}


def test_a_model_that_is_worse_than_one_rate_for_all_is_named() -> None:
    """The rate fell from 57 to 25 %: better than the training's rate, and worthless."""
    random = np.random.default_rng(6)
    margin = random.normal(0.3, 1.2, 3000)
    label = (random.random(3000) < sigmoid(0.5 * (margin - 0.3) - 1.2)).astype(float)
    found = checked(sigmoid(margin), label, base_rate=0.57)
    assert not any(check.is_passed for check in found.values())
    assert found["predicted_by_observed"].low > 1.7
    assert found["own_rate_skill"].value < 0
    assert "one rate for all would have been better" in found["own_rate_skill"].says
    assert "too high" in found["predicted_by_observed"].says
    assert "too extreme" in found["calibration_slope"].says


def test_few_conversions_are_no_reason_to_reject_a_true_model() -> None:
    """Of 100 worlds with 40 conversions at most five fail, by chance."""
    failed = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        truth = sigmoid(random.normal(-3.5, 1.3, 800))
        label = (random.random(800) < truth).astype(float)
        failed += not all(c.is_passed for c in checked(truth, label, 0.05).values())
    assert failed <= 5


def test_trees_alone_hold_no_regression() -> None:
    assert fitted(TREES).logistic is None
    assert fitted(LOGISTIC).booster is None


def test_the_calibration_of_a_model_holds_by_person() -> None:
    """Persons count three times, and are alike: 400 of them, of whom 15 % convert."""
    random = np.random.default_rng(3)
    at = np.array([-4.0, -2.0, 0.0])
    held = []
    for _ in range(400):
        person = np.repeat(np.arange(400), 3)
        margin = random.normal(-2, 1, 400)[person]
        converts = random.random(400)[person] < sigmoid(0.3 + 0.8 * margin)
        found = calibration_of(margin, converts.astype(float), person)
        line = found.intercept + found.slope * at
        error = np.sqrt(
            found.intercept_variance
            + 2 * found.covariance * at
            + found.slope_variance * at**2
        )
        held.append(np.abs(line - (0.3 + 0.8 * at)) <= 1.96 * error)
    assert np.mean(held, axis=0).min() >= 0.92
