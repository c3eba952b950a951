"""A proposal of points: what is proposed for each rule, on what evidence."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pointwise.learning import joint
from pointwise.learning.bootstrap import interval, weights_over_users
from pointwise.learning.examples import Examples
from pointwise.learning.models import fit_curve
from pointwise.learning.panel import Rule, scores, times_fired
from pointwise.learning.whole import Fit, whole_points

# A rule that fewer conversions would tell of, seen or expected, keeps its points.
FEWEST_CONVERTED = 5


class Evidence(NamedTuple):
    """What the training examples say of one rule."""

    old: Rule
    new: Rule
    examples: int  # To which it applies.
    rate: float  # That convert, of these.
    low: float  # The 95 % interval of the points it has at its most.
    high: float
    has_enough_data: bool


class Proposal(NamedTuple):
    """Rules with new points, and the evidence for each."""

    rules: list[Rule]
    evidence: list[Evidence]
    strength: float


def propose(
    rules: list[Rule],
    examples: Examples,
    replicates: int,
    seed: int,
    step: Callable[[], None] = lambda: None,
) -> Proposal:
    """Return new points for the rules, fitted together to these training examples."""
    counts = times_fired(rules, examples.features)
    label = examples.is_converted
    fires = counts > 0
    converted = fires.T @ label
    expected = fires.sum(axis=0) * label.mean()
    is_known = np.maximum(converted, expected) >= FEWEST_CONVERTED

    curve = fit_curve(scores(rules, counts).astype(float), label)
    prior = joint.Prior(rules, max(curve.slope / curve.deviation, 0.0), is_known)
    columns = joint.shares(rules, counts)
    strength = joint.choose_strength(columns, label, examples.user_id, prior)
    once = np.ones(len(label))
    values = joint.fit(columns, label, once, prior, strength)
    step()
    fit = Fit(label, prior, strength)
    new = whole_points(rules, counts, values[1:], fit)
    fit.loss(new, scores(new, counts))
    slope = max(fit.slope, 1e-9)
    step()

    drawn = []
    for weight in weights_over_users(examples.user_id, replicates, seed):
        found = joint.fit(columns, label, weight, prior, strength, values)
        drawn.append(found[1:] / slope)
        step()
    evidence = []
    for k, (rule, proposed) in enumerate(zip(rules, new, strict=True)):
        low, high = interval([points[k] for points in drawn])
        rows = int(fires[:, k].sum())
        rate = converted[k] / rows if rows else np.nan
        enough = bool(is_known[k])
        evidence.append(Evidence(rule, proposed, rows, rate, low, high, enough))
    return Proposal(new, evidence, strength)
