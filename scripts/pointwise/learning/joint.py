"""How much each rule says once the others are known: all fitted together.

A logistic regression whose log-odds are sums over the rules, each shrunk to what it is
worth in the panel (ridge regression: Hoerl and Kennard 1970, Technometrics 12:55; as a
normal prior, Gelman et al. 2013, Bayesian Data Analysis, ch. 16). Nothing is below 0
for a rule that the panel gives points for, and nothing above for one that it takes them
for. Few conversions say little, and leave the points of the panel as they are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from threadpoolctl import threadpool_limits

from pointwise.core.statistics.intervals import QUANTILE
from pointwise.learning.metrics import log_odds, sigmoid
from pointwise.learning.panel import Rule

# As for the models (models.py): threads of BLAS wait for each other longer than they
# work, for sums that are this small.
threadpool_limits(1, user_api="blas")

# One over the variance, in log-odds, of what rules are worth about the panel's points:
# 19 of 20 multiply the odds by 1/1.6 to 1.6 of what the panel says. A quarter of it,
# and of few conversions some proposals are worse than the panel (bench/learning.py).
STRENGTH = 16.0
# The same for intervals, which trust the panel less: 1/7 to 7.
INTERVAL_STRENGTH = 1.0
MOST_TAKEN = 50  # Points that a rule may take.

Bounds = list[tuple[float | None, float | None]]


class Scale(NamedTuple):
    """What a point of the panel is worth, and rules at their maximum, in log-odds."""

    slope: float
    panel: np.ndarray
    is_known: np.ndarray  # Whether there are data to say more than the panel.


def scale_of(rules: list[Rule], slope: float, is_known: np.ndarray) -> Scale:
    """Return what rules are worth if a point of the score is worth `slope`."""
    panel = np.array([rule.most_points for rule in rules], float)
    return Scale(slope, slope * panel, is_known & (panel != 0))


def most_of(rule: Rule) -> tuple[int, int]:
    """Return the range of a rule's maximum points: of its sign, and its group.

    What is taken has no cap: 50 points are enough.
    """
    if rule.points > 0:
        return 0, rule.group_max_points
    return min(-MOST_TAKEN, rule.most_points), 0


def shares(rules: list[Rule], counts: np.ndarray) -> np.ndarray:
    """Return how much of its maximum each rule gives: 0 to 1."""
    steps = np.array([rule.steps for rule in rules])
    return np.minimum(counts, steps) / steps


def fit(
    columns: np.ndarray,
    label: np.ndarray,
    panel: np.ndarray,
    strength: float,
    bounds: Bounds | None = None,
) -> np.ndarray:
    """Return the intercept and the log-odds of each rule at its maximum."""

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margin = values[0] + columns @ values[1:]
        apart = values[1:] - panel
        error = sigmoid(margin) - label
        total = np.logaddexp(0, margin).sum() - label @ margin
        gradient = np.append(error.sum(), columns.T @ error + strength * apart)
        return total + strength * apart @ apart / 2, gradient

    start = np.append(log_odds(np.array([label.mean()])), panel)
    within = None if bounds is None else [(None, None), *bounds]
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=within).x


def worth(
    rules: list[Rule], columns: np.ndarray, label: np.ndarray, scale: Scale
) -> np.ndarray:
    """Return the log-odds of each rule at its maximum, with the panel's sign."""
    bounds: Bounds = [
        ((0, None) if rule.points > 0 else (None, 0)) if known else (value, value)
        for rule, known, value in zip(rules, scale.is_known, scale.panel, strict=True)
    ]
    return fit(columns, label, scale.panel, STRENGTH, bounds)[1:]


def limits(
    columns: np.ndarray, label: np.ndarray, user_ids: np.ndarray, scale: Scale
) -> tuple[np.ndarray, np.ndarray]:
    """Return the 95 % limits of the log-odds of each rule at its maximum.

    Of a weaker pull, whose bias is small beside its error. Of the error by persons,
    whose rows belong together (White 1982, Econometrica 50:1; Liang and Zeger 1986,
    Biometrika 73:13), and the one by the curvature of the loss, the larger counts: few
    conversions seem to spread little.
    """
    found = fit(columns, label, scale.panel, INTERVAL_STRENGTH)
    design = np.column_stack([np.ones(len(label)), columns])
    probability = sigmoid(design @ found)
    pull = np.append(1e-9, np.full(columns.shape[1], INTERVAL_STRENGTH))
    curvature = (design.T * (probability * (1 - probability))) @ design + np.diag(pull)
    inverse = np.linalg.inv(curvature)
    user = np.unique(user_ids, return_inverse=True)[1]
    error = label - probability
    by_user = np.column_stack([np.bincount(user, error * part) for part in design.T])
    sandwich = inverse @ (by_user.T @ by_user) @ inverse
    half = QUANTILE * np.sqrt(np.maximum(np.diag(sandwich), np.diag(inverse)))[1:]
    return found[1:] - half, found[1:] + half
