"""Where each model puts those who convert, by hundredth of the test rows.

What ROC, lift and calibration are drawn from. Rows with equal predictions are shared
out, so that the order they happen to have means nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.learning.comparison import CEILING, DECIMALS, Population
from pointwise.learning.metrics import ranking

PARTS = 100


class Point(NamedTuple):
    """A hundredth of the rows by one model, the highest predictions first."""

    model: str
    hundredth: int
    examples: int  # Of all hundredths.
    predicted_rate: float
    conversion_rate: float
    converted_share: float  # In this hundredth and the ones before.
    others_share: float


def curves(population: Population) -> list[Point]:
    """Return the hundredths of every model, and of the truth where it is known."""
    predictions = dict(population.predictions)
    if population.truth is not None:
        predictions[CEILING] = population.truth
    label = population.label.astype(float)
    if not 0 < label.sum() < len(label):
        return []
    return [
        point
        for model, predicted in predictions.items()
        for point in curve(model, predicted, label)
    ]


def curve(model: str, predicted: np.ndarray, label: np.ndarray) -> list[Point]:
    """Return the hundredths of one model."""
    ranked = ranking(predicted)
    ends = np.cumsum(ranked.sums(np.ones(len(label))))
    edges = np.linspace(0, len(label), PARTS + 1)

    def until_edges(values: np.ndarray) -> np.ndarray:
        """Return the sum of a value over the rows before each edge."""
        sums = np.cumsum(ranked.sums(values))
        return np.interp(edges, np.append(0, ends), np.append(0, sums))

    converted, others = until_edges(label), until_edges(1 - label)
    a_part = len(label) / PARTS
    columns = (
        np.diff(until_edges(predicted)) / a_part,
        np.diff(converted) / a_part,
        converted[1:] / label.sum(),
        others[1:] / (1 - label).sum(),
    )
    return [
        Point(model, number, len(label), *(round(float(x), DECIMALS) for x in numbers))
        for number, *numbers in zip(range(1, PARTS + 1), *columns, strict=True)
    ]
