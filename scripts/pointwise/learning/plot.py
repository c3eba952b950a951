"""The models in three pictures: who is found, are rates right, lift by tenth."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from pointwise.learning.comparison import Population

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

TENTHS = 10


def write_plot(path: Path, population: Population) -> None:
    """Write ROC, calibration and lift of every model as a PNG."""
    figure, (roc, calibration, lift) = plt.subplots(1, 3, figsize=(15, 5))
    for model, predicted in population.predictions.items():
        if np.ptp(predicted) > 0:
            draw_roc(roc, model, predicted, population.label)
            draw_calibration(calibration, model, predicted, population.label)
            draw_lift(lift, model, predicted, population.label)
    for axes, name, x, y in (
        (roc, "ROC", "share of the others", "share of those who convert"),
        (calibration, "Calibration by tenth", "predicted rate", "observed rate"),
        (lift, "Lift by tenth", "tenth, from the highest", "rate ÷ mean rate"),
    ):
        axes.set(title=name, xlabel=x, ylabel=y)
    roc.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    highest = max(calibration.get_xlim()[1], calibration.get_ylim()[1])
    calibration.plot([0, highest], [0, highest], color="grey", linewidth=0.8)
    lift.axhline(1, color="grey", linewidth=0.8)
    roc.legend(loc="lower right")
    figure.suptitle(
        f"{len(population.label):,} test examples,"
        f" {int(population.label.sum()):,} converted"
    )
    figure.tight_layout()
    # Without the version of the library, the same figures are the same bytes.
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)


def draw_roc(axes: Axes, model: str, predicted: np.ndarray, label: np.ndarray) -> None:
    """Draw how many of those who convert are found at the cost of how many others."""
    order = np.argsort(-predicted, kind="stable")
    last_of_group = np.append(np.diff(predicted[order]) != 0, True)
    found = np.cumsum(label[order])[last_of_group] / label.sum()
    others = np.cumsum(1 - label[order])[last_of_group] / (1 - label).sum()
    axes.plot(np.append(0, others), np.append(0, found), label=model)


def draw_calibration(
    axes: Axes, model: str, predicted: np.ndarray, label: np.ndarray
) -> None:
    """Draw observed against predicted rates of tenths."""
    tenths = np.array_split(np.argsort(predicted, kind="stable"), TENTHS)
    axes.plot(
        [predicted[tenth].mean() for tenth in tenths],
        [label[tenth].mean() for tenth in tenths],
        marker="o",
        label=model,
    )


def draw_lift(axes: Axes, model: str, predicted: np.ndarray, label: np.ndarray) -> None:
    """Draw how much more than all users each tenth converts, from the highest."""
    tenths = np.array_split(np.argsort(-predicted, kind="stable"), TENTHS)
    rates = [label[tenth].mean() / label.mean() for tenth in tenths]
    axes.plot(range(1, TENTHS + 1), rates, marker="o", label=model)
