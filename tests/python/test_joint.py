"""How strongly a fit is drawn, and of which signs, decides how well panels rank."""

from __future__ import annotations

import numpy as np
import pytest

from pointwise.importing.learned import Step, any_sign_ranks_better, fitted, quality
from pointwise.importing.past import Feature
from pointwise.learning import joint

KINDS, TELLING, PEOPLE, DRAWS = 20, 6, 600, 30
STEPS = [Step(Feature("f", "t", "events", 90, None, "f", "t"), 1, 1)] * 2 * KINDS


def ranks(strength: float, patch: pytest.MonkeyPatch, lift: float, hid: float) -> float:
    """Return the mean AUC of panels learned from 600 people, for 1,800 others.

    Twenty kinds of events, at least 1 and at least 3 of each: `lift` is the effect of
    six of them on the outcome, `hid` what the others, of the same busy people, hide.
    """
    patch.setattr(joint, "STRENGTH", strength)
    random, found = np.random.default_rng(8), []
    for _ in range(DRAWS):
        busy = random.gamma(1, 1, 4 * PEOPLE)[:, None]
        count = random.poisson(8 * busy * random.dirichlet(np.ones(KINDS)))
        margin = lift * np.log1p(count[:, :TELLING]).sum(axis=1) - 3.2
        margin -= hid * np.log1p(count[:, TELLING:].sum(axis=1))
        label = random.random(4 * PEOPLE) < 1 / (1 + np.exp(-margin))
        label = label.astype(float)
        columns = np.hstack([count >= 1, count >= 3]).astype(float)
        worth = fitted(STEPS, columns[:PEOPLE], label[:PEOPLE])[1:]
        found.append(quality(columns[PEOPLE:] @ worth, label[PEOPLE:]))
    return float(np.mean(found))


def test_few_outcomes_and_many_weak_signs_need_the_pull(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    weak = joint.STRENGTH / 64, monkeypatch, 0.5, 0.0
    assert ranks(joint.STRENGTH, *weak[1:]) > ranks(*weak) + 0.005


def test_signs_that_overlap_are_separated_for_all_the_pull(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strong = joint.STRENGTH * 64, monkeypatch, 1.2, 0.5
    assert ranks(joint.STRENGTH, *strong[1:]) > ranks(*strong) + 0.01


def test_signs_are_those_alone_unless_another_ranks_clearly_better() -> None:
    """Fewer purchases for the same money are expensive ones; noise is no sign."""
    random, people = np.random.default_rng(3), 6000
    count = random.poisson(random.gamma(1, 4, people))
    amount = count * random.lognormal(2, 0.8, people)
    columns = np.column_stack(
        [amount >= size for size in (5, 15, 40, 100)]
        + [count >= least for least in (1, 2, 4, 8)]
    ).astype(float)
    steps, person = STEPS[: columns.shape[1]], np.arange(people)
    dear = np.where(count > 0, amount / np.maximum(count, 1), 0)
    for margin, is_other in ((0.12 * dear - 3, True), (0.02 * amount - 3, False)):
        label = (random.random(people) < 1 / (1 + np.exp(-margin))).astype(float)
        assert any_sign_ranks_better(steps, columns, label, person) is is_other
    better = 0
    for _ in range(20):
        noise = (random.random((700, 40)) < 0.3).astype(float)
        label = (random.random(700) < 0.1).astype(float)
        better += any_sign_ranks_better(STEPS, noise, label, np.arange(700))
    assert better <= 2
