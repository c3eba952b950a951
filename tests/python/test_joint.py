"""How strongly a fit is drawn to nothing decides how well starter panels rank."""

from __future__ import annotations

import numpy as np
import pytest

from pointwise.importing.learned import Step, fitted, quality
from pointwise.importing.past import Feature
from pointwise.learning import joint

KINDS, TELLING, PEOPLE, DRAWS = 20, 6, 600, 30
STEPS = [Step(Feature("f", "t", "events", 90, None, "f", "t"), 1, 1)] * 2 * KINDS


def ranks(strength: float, patch: pytest.MonkeyPatch, told: float, hid: float) -> float:
    """Return the mean AUC of panels learned from 600 people, for 1,800 others.

    Twenty kinds of events, at least 1 and at least 3 of each: `told` is what six of
    them tell of the outcome, `hid` what the others, of the same busy people, hide.
    """
    patch.setattr(joint, "STRENGTH", strength)
    random, found = np.random.default_rng(8), []
    for _ in range(DRAWS):
        busy = random.gamma(1, 1, 4 * PEOPLE)[:, None]
        count = random.poisson(8 * busy * random.dirichlet(np.ones(KINDS)))
        margin = told * np.log1p(count[:, :TELLING]).sum(axis=1) - 3.2
        margin -= hid * np.log1p(count[:, TELLING:].sum(axis=1))
        label = random.random(4 * PEOPLE) < 1 / (1 + np.exp(-margin))
        label = label.astype(float)
        columns = np.hstack([count >= 1, count >= 3]).astype(float)
        worth = fitted(STEPS, columns[:PEOPLE], label[:PEOPLE])
        found.append(quality(columns[PEOPLE:] @ worth, label[PEOPLE:]))
    return float(np.mean(found))


def test_few_outcomes_and_many_weak_signs_need_the_pull(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weak = joint.STRENGTH / 64, monkeypatch, 0.5, 0.0
    assert ranks(joint.STRENGTH, *weak[1:]) > ranks(*weak) + 0.005


def test_signs_that_overlap_are_told_apart_for_all_the_pull(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strong = joint.STRENGTH * 64, monkeypatch, 1.2, 0.5
    assert ranks(joint.STRENGTH, *strong[1:]) > ranks(*strong) + 0.01
