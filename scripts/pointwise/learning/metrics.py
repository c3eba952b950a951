"""How well predictions agree with what happened, in one place for every model.

A label is 0 or 1, or, where the truth is known, the true probability: then every
figure is the expected one, over all outcomes that might have been drawn. Rows may be
weighted, as the bootstrap does. Ties count half, or are shared out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from pointwise.core.statistics.ranking import pairs_in_order

TOP_SHARE = 0.1
MOST_NEWTON_STEPS = 25


class Ranking(NamedTuple):
    """Rows in groups of equal predictions, from the highest to the lowest."""

    group: np.ndarray  # Of each row; 0 is the highest.
    groups: int

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Return the sum of a value by group."""
        return np.bincount(self.group, values, self.groups)


def ranking(predicted: np.ndarray) -> Ranking:
    """Return the rows' groups of equal predictions, the highest first."""
    values, group = np.unique(predicted, return_inverse=True)
    return Ranking(len(values) - 1 - group, len(values))


def auc(ranked: Ranking, label: np.ndarray, weight: np.ndarray) -> float:
    """Return the share of pairs, one converted and one not, in the right order."""
    converted = ranked.sums(weight * label)
    others = ranked.sums(weight * (1 - label))
    # A row makes no pair with itself; with labels of 0 and 1 it could not.
    itself = (weight * label * (1 - label)).sum()
    right = pairs_in_order(converted, others) - itself / 2
    return right / (converted.sum() * others.sum() - itself)


def average_precision(ranked: Ranking, label: np.ndarray, weight: np.ndarray) -> float:
    """Return the mean precision at the place of each converted row."""
    converted = ranked.sums(weight * label)
    rows = ranked.sums(weight)
    precision = np.cumsum(converted) / np.maximum(np.cumsum(rows), 1e-12)
    return (converted * precision).sum() / converted.sum()


def share_in_top(ranked: Ranking, weight: np.ndarray) -> np.ndarray:
    """Return how much of each group lies in the top tenth of the rows."""
    rows = ranked.sums(weight)
    before = np.cumsum(rows) - rows
    room = TOP_SHARE * rows.sum() - before
    return np.clip(room / np.maximum(rows, 1e-12), 0, 1)


def calibration(
    margin: np.ndarray,
    label: np.ndarray,
    weight: np.ndarray,
    start: tuple[float, float] = (1.0, 0.0),
) -> tuple[float, float]:
    """Return slope and intercept of calibration; 1 and 0 are perfect.

    The slope is that of a logistic regression of the label on the predicted log-odds:
    below 1, predictions are too extreme. The intercept is that of one with the slope
    held at 1: above 0, predictions are too low. Where to start from saves time only.
    """
    slope, intercept = start
    ones = np.ones((len(margin), 1))
    intercept = logistic_fit(ones, margin, label, weight, [intercept])[0]
    if np.ptp(margin) == 0:
        return np.nan, intercept
    both = np.column_stack([ones, margin])
    nothing = np.zeros(len(margin))
    return logistic_fit(both, nothing, label, weight, [0, slope])[1], intercept


class Calibration(NamedTuple):
    """Log-odds of what follows, as a line over those predicted, and its covariance."""

    intercept: float
    slope: float
    intercept_variance: float
    covariance: float
    slope_variance: float


def calibration_of(
    margin: np.ndarray, label: np.ndarray, user_ids: np.ndarray
) -> Calibration:
    """Return the line, with the covariance by person, whose rows belong together.

    Of the covariance by the errors of persons (Liang and Zeger 1986, Biometrika 73:13)
    and the one by the curvature of the loss, that with the larger determinant counts.
    """
    once = np.ones(len(margin))
    columns = np.column_stack([once, margin])
    found = logistic_fit(columns, np.zeros(len(margin)), label, once, [0, 1])
    probability = sigmoid(columns @ found)
    weight = probability * (1 - probability)
    inverse = np.linalg.inv((columns.T * weight) @ columns + 1e-9 * np.eye(2))
    user = np.unique(user_ids, return_inverse=True)[1]
    error = label - probability
    by_user = np.column_stack([np.bincount(user, error * part) for part in columns.T])
    sandwich = inverse @ (by_user.T @ by_user) @ inverse
    larger = max(sandwich, inverse, key=np.linalg.det)
    values = (*found, larger[0, 0], larger[0, 1], larger[1, 1])
    return Calibration(*(round(float(value), 9) for value in values))


def logistic_fit(
    columns: np.ndarray,
    offset: np.ndarray,
    label: np.ndarray,
    weight: np.ndarray,
    start: Sequence[float],
) -> np.ndarray:
    """Return the coefficients of a small logistic regression, by Newton's method."""
    coefficients = np.array(start, dtype=float)
    for _ in range(MOST_NEWTON_STEPS):
        probability = sigmoid(offset + columns @ coefficients)
        gradient = columns.T @ (weight * (label - probability))
        curvature = (columns.T * (weight * probability * (1 - probability))) @ columns
        ridge = 1e-9 * np.eye(len(coefficients))
        step = np.clip(np.linalg.solve(curvature + ridge, gradient), -2, 2)
        coefficients += step
        if np.abs(step).max() < 1e-7:
            break
    return coefficients


def sigmoid(margin: np.ndarray) -> np.ndarray:
    """Return the probability of log-odds."""
    return 1 / (1 + np.exp(-np.clip(margin, -30, 30)))


def log_odds(probability: np.ndarray) -> np.ndarray:
    """Return the log-odds of a probability, kept within ±30."""
    bounded = np.clip(probability, 1e-13, 1 - 1e-13)
    return np.log(bounded / (1 - bounded))


class Judge:
    """The figures of one model on some rows, for any weights of these rows."""

    def __init__(
        self, probability: np.ndarray, label: np.ndarray, base_rate: float
    ) -> None:
        """Prepare what does not depend on the weights.

        The base rate is the prediction that the Brier skill compares with.
        """
        self.label = label.astype(float)
        self.probability = probability
        self.margin = log_odds(probability)
        self.ranked = ranking(probability)
        once = np.ones(len(label))
        self.calibration = calibration(self.margin, self.label, once)
        self.losses = {
            "brier": squared_error(probability, self.label),
            "base_brier": squared_error(np.full(len(label), base_rate), self.label),
            "log_loss": -(
                self.label * np.log(np.clip(probability, 1e-13, 1))
                + (1 - self.label) * np.log(np.clip(1 - probability, 1e-13, 1))
            ),
        }

    def brier_skill(self, weight: np.ndarray) -> float:
        """Return how much of the squared error of the base rate is taken away."""
        return 1 - weight @ self.losses["brier"] / (weight @ self.losses["base_brier"])

    def figures(self, weight: np.ndarray) -> dict[str, float]:
        """Return every figure, by name."""
        total = weight.sum()
        loss = {name: weight @ rows / total for name, rows in self.losses.items()}
        top = share_in_top(self.ranked, weight)
        converted = self.ranked.sums(weight * self.label)
        expected = self.ranked.sums(weight * self.probability)
        converted_in_top = top @ converted
        rate = converted.sum() / total
        own_brier = rate * (1 - rate)
        slope, intercept = calibration(
            self.margin, self.label, weight, self.calibration
        )
        predicted_by_observed = np.divide(
            top @ expected,
            converted_in_top,
            out=np.array(np.nan),
            where=converted_in_top > 0,
        )
        return {
            "auc": auc(self.ranked, self.label, weight),
            "average_precision": average_precision(self.ranked, self.label, weight),
            "top_tenth_lift": converted_in_top / converted.sum() / TOP_SHARE,
            "brier": loss["brier"],
            "brier_skill": self.brier_skill(weight),
            "log_loss": loss["log_loss"],
            "calibration_slope": slope,
            "calibration_intercept": intercept,
            "top_tenth_predicted_by_observed": float(predicted_by_observed),
            "own_rate_skill": 1 - loss["brier"] / own_brier if own_brier else np.nan,
            "predicted_by_observed": expected.sum() / converted.sum()
            if rate
            else np.nan,
        }


def squared_error(probability: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Return the expected squared error of each row; the label may be a probability."""
    return label * (1 - probability) ** 2 + (1 - label) * probability**2
