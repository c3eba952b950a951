"""How much each rule tells once the others are known: all fitted together.

A logistic regression whose log-odds are sums over the rules: nothing below 0 for a rule
that the panel gives points for, nothing above for one that it takes them for. Rules are
drawn towards what they are worth in the panel, attributes towards nothing: they are
many, and left free they go wild. How strongly, is found on other users.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from pointwise.learning.metrics import log_odds, sigmoid
from pointwise.learning.panel import Rule
from pointwise.learning.split import held_out, user_folds

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0)
ATTRIBUTES_STRONGER = 3.0
FOLDS = 5  # Of users.


class Prior:
    """What the panel says of the log-odds of each rule, and which way each may go."""

    def __init__(self, rules: list[Rule], slope: float, is_known: np.ndarray) -> None:
        """Take a point of the score to be worth `slope`; rules without data stay."""
        panel = np.array([slope * rule.most_points for rule in rules], float)
        is_attribute = np.array([rule.equals is not None for rule in rules])
        self.mean = np.where(is_attribute & is_known, 0.0, panel)
        self.stiffness = np.where(is_attribute, ATTRIBUTES_STRONGER, 1.0)
        self.bounds = [
            (value, value)
            if not known or rule.points == 0
            else ((0.0, None) if rule.points > 0 else (None, 0.0))
            for rule, value, known in zip(rules, panel, is_known, strict=True)
        ]


def shares(rules: list[Rule], counts: np.ndarray) -> np.ndarray:
    """Return how much of its most each rule gives: 0 to 1."""
    steps = np.array([rule.steps for rule in rules])
    return np.minimum(counts, steps) / steps


def fit(
    columns: np.ndarray,
    label: np.ndarray,
    weight: np.ndarray,
    prior: Prior,
    strength: float,
    start: np.ndarray | None = None,
) -> np.ndarray:
    """Return the intercept and the log-odds of each rule at its most."""

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margin = values[0] + columns @ values[1:]
        apart = values[1:] - prior.mean
        pull = strength * prior.stiffness * apart
        error = weight * (sigmoid(margin) - label)
        total = weight @ (np.logaddexp(0, margin) - label * margin)
        gradient = np.append(error.sum(), columns.T @ error + pull)
        return total + pull @ apart / 2, gradient

    if start is None:
        rate = log_odds(np.array([weight @ label / weight.sum()]))
        start = np.append(rate, prior.mean)
    bounds = [(None, None), *prior.bounds]
    return minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x


def choose_strength(
    columns: np.ndarray,
    label: np.ndarray,
    user_ids: np.ndarray,
    prior: Prior,
) -> float:
    """Return how strongly rules are drawn: as much as other users' log loss bears.

    That is the strongest pull whose loss is within two standard errors of the least, so
    that points change where the examples ask for it, and stay where they do not.
    """
    user = np.unique(user_ids, return_inverse=True)[1]
    fold = user_folds(user_ids, FOLDS)
    losses = []
    for strength in STRENGTHS:
        loss = np.empty(len(label))
        for outside, inside in held_out(fold):
            once = np.ones(len(outside))
            values = fit(columns[outside], label[outside], once, prior, strength)
            margin = values[0] + columns[inside] @ values[1:]
            loss[inside] = np.logaddexp(0, margin) - label[inside] * margin
        losses.append(np.bincount(user, loss))
    least = min(losses, key=np.sum)
    bearable = [
        strength
        for strength, loss in zip(STRENGTHS, losses, strict=True)
        if (loss - least).sum() <= 2 * np.sqrt(((loss - least) ** 2).sum())
    ]
    return max(bearable)
