"""Every model on the same test rows: figures with intervals, as rows of a table."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pointwise.learning import metrics
from pointwise.learning.bootstrap import interval, weights_over_users

FIGURES = (
    "auc",
    "average_precision",
    "top_tenth_lift",
    "brier",
    "brier_skill",
    "log_loss",
    "calibration_slope",
    "calibration_intercept",
    "top_tenth_predicted_by_observed",
)
# Against the true probabilities: of synthetic worlds only.
TRUE_FIGURES = ("expected_auc", "share_of_ceiling")
CEILING = "ceiling"
DECIMALS = 6


class Population(NamedTuple):
    """Test rows, what happened to them, and what each model says about them."""

    name: str
    user_id: np.ndarray
    label: np.ndarray
    predictions: dict[str, np.ndarray]  # By model.
    truth: np.ndarray | None

    def only(self, name: str, rows: np.ndarray) -> Population:
        """Return a part of the rows under a name of its own."""
        return Population(
            name,
            self.user_id[rows],
            self.label[rows],
            {model: values[rows] for model, values in self.predictions.items()},
            None if self.truth is None else self.truth[rows],
        )


class Row(NamedTuple):
    """One figure of one model on one population."""

    population: str
    model: str
    figure: str
    value: float | None
    low: float | None
    high: float | None
    examples: int
    converted: int
    users: int


def compare(
    population: Population,
    base_rate: float,
    replicates: int,
    seed: int,
    step: Callable[[], None],
) -> list[Row]:
    """Return the figures of all models on a population, with 95 % intervals.

    All models are judged on the same replicates, each a drawing of users.
    """
    predictions = dict(population.predictions)
    if population.truth is not None:
        predictions[CEILING] = population.truth
    judges = {
        model: metrics.Judge(probability, population.label, base_rate)
        for model, probability in predictions.items()
    }
    drawn: dict[str, list[dict[str, float]]] = {model: [] for model in judges}
    for weight in weights_over_users(population.user_id, replicates, seed):
        for model, judge in judges.items():
            drawn[model].append(judge.figures(weight))
        step()
    once = np.ones(len(population.label))
    rows = []
    for model, judge in judges.items():
        for figure, value in judge.figures(once).items():
            low, high = interval([replicate[figure] for replicate in drawn[model]])
            rows.append(row(population, model, figure, value, low, high))
        rows += true_rows(population, model, judge)
    return rows


def true_rows(population: Population, model: str, judge: metrics.Judge) -> list[Row]:
    """Return how a model does against the true probabilities, if they are known."""
    if population.truth is None:
        return []
    once = np.ones(len(population.truth))
    expected = metrics.auc(judge.ranked, population.truth, once)
    ceiling = metrics.auc(metrics.ranking(population.truth), population.truth, once)
    return [
        row(population, model, "expected_auc", expected),
        row(population, model, "share_of_ceiling", (expected - 0.5) / (ceiling - 0.5)),
    ]


def row(
    population: Population,
    model: str,
    figure: str,
    value: float,
    low: float = np.nan,
    high: float = np.nan,
) -> Row:
    """Return a row with rounded numbers; what cannot be computed is None."""
    return Row(
        population.name,
        model,
        figure,
        *(
            round(float(number), DECIMALS) if np.isfinite(number) else None
            for number in (value, low, high)
        ),
        len(population.label),
        int(population.label.sum()),
        len(np.unique(population.user_id)),
    )
