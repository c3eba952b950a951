"""Profile columns that are filled in after the outcome: named, and refused.

A column without a date of its own may know what came later: a tag that says why
somebody bought, a stage that only customers reach. Such columns separate too well, by
themselves or beside the best that is honest, or are empty for all who did not convert.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from pointwise.importing.columns import snake_name
from pointwise.learning.metrics import auc, ranking

FEWEST = 20  # Of those who had the outcome, and of others; below, nothing is refused.
TOO_GOOD = 0.9  # An AUC that no honest column has alone.
SUSPECT = 0.88  # An AUC that is refused if no other column comes near.
AHEAD = 0.07  # Above the best of the others, at least.
SUSPECT_NAME = 0.7  # The same for columns whose name says that they come last.
MOST_BINS = 20
FEWEST_FILLED = 10
FILLED = 0.1  # A share of one side that has a value, …
EMPTY = 0.005  # … where of the other side no more have one.
CERTAIN = 0.99  # Of those with a value, this share had the outcome, or had not, …
COVERED = 0.5  # … and the value is had by this share of these.
TOGETHER = 0.95  # An AUC of points that is warned of.
COMES_LAST = re.compile(
    r"(^|_)(last|latest|tags?|quality|status|stage|reason|disposition|outcome|result"
    r"|verdict|won|lost|closed?|deal|deals)(_|$)"
)


class Signal(NamedTuple):
    """How well a column alone predicts the outcome, by people left out: an AUC."""

    name: str
    auc: float
    lower: float


def leaking(columns: pd.DataFrame, label: np.ndarray) -> dict[str, str]:
    """Return the columns that know the outcome, each with the reason in words.

    Args:
        columns: numbers or texts, a column an attribute; None or NaN where missing.
        label: 1 where the row's person had the outcome, else 0.
    """
    if not FEWEST <= label.sum() <= len(label) - FEWEST:
        return {}
    found: dict[str, str] = {}
    for name in columns:
        if why := why_by_filling(columns[name], label):
            found[name] = why
    signals = [signal_of(columns[n], label) for n in columns if n not in found]
    honest = [s for s in signals if s.auc < SUSPECT and not comes_last(s)]
    best = max(honest, key=lambda s: s.auc, default=Signal("", 0.5, 0.5))
    for signal in signals:
        ranking = f"alone it puts {100 * signal.auc:.0f} % of pairs in the right order"
        beside = f", the best honest column {100 * best.auc:.0f} %" if best.name else ""
        is_sure = signal.auc >= TOO_GOOD and signal.lower >= TOO_GOOD - 0.05
        is_ahead = signal.auc - best.auc >= AHEAD and signal.lower > best.auc
        if is_sure or (signal.auc >= SUSPECT and is_ahead):
            found[signal.name] = ranking + beside
        elif comes_last(signal):
            found[signal.name] = f"by its name it comes last, and {ranking}"
    return {name: found[name] for name in columns if name in found}


def comes_last(signal: Signal) -> bool:
    """Say if a column that separates well has a name of what comes last."""
    return (
        signal.lower >= SUSPECT_NAME - 0.02
        and signal.auc >= SUSPECT_NAME
        and bool(COMES_LAST.search(snake_name(signal.name)))
    )


def said_of_too_good(
    columns: pd.DataFrame, label: np.ndarray, found: float | None
) -> list[str]:
    """Return a warning where columns together are better than honest ones ever are.

    `found` is the AUC of points learned from them, of people left out.
    """
    if found is None or found < TOGETHER or not columns.shape[1]:
        return []
    signals = [signal_of(columns[name], label) for name in columns]
    signals.sort(key=lambda signal: -signal.auc)
    best = ", ".join(f"{s.name} ({100 * s.auc:.0f} %)" for s in signals[:4])
    return [
        f"WARNING: {100 * found:.0f} % is more than columns that are known before the"
        f" outcome usually reach. Which is filled in after it? Alone the best are"
        f" {best}; take its rules out of scoring_rules.csv."
    ]


def why_by_filling(values: pd.Series, label: np.ndarray) -> str | None:
    """Return why where it is filled, or what with, gives a column away; else None."""
    filled, had = values.notna().to_numpy(), label > 0
    of_had, of_others = filled[had].mean(), filled[~had].mean()
    if of_had >= FILLED and of_others <= EMPTY and filled[had].sum() >= FEWEST_FILLED:
        return (
            f"filled for {100 * of_had:.0f} % of those who had the outcome, and for"
            f" {100 * of_others:.1g} % of others"
        )
    if of_others >= FILLED and of_had <= EMPTY and filled[~had].sum() >= FEWEST_FILLED:
        return (
            f"filled for {100 * of_others:.0f} % of those without the outcome, and for"
            f" {100 * of_had:.1g} % of those with it"
        )
    if not pd.api.types.is_numeric_dtype(values):
        rates = pd.Series(label).groupby(values.to_numpy()).agg(["sum", "size"])
        certain = rates[(rates["sum"] >= CERTAIN * rates["size"])]
        covers = certain["sum"].sum() / had.sum()
        if covers >= COVERED and certain["sum"].max() >= FEWEST:
            value = certain["sum"].idxmax()
            return f"all with {str(value)[:30]!r} had the outcome"
    return None


def signal_of(values: pd.Series, label: np.ndarray) -> Signal:
    """Return how well a column predicts the outcome of people left out."""
    bins = bins_of(values)
    half = np.random.default_rng(1).permutation(len(label)) % 2
    areas = []
    for part in (0, 1):
        learned, judged = half != part, half == part
        base = label[learned].mean()
        had = np.bincount(bins[learned], label[learned], bins.max() + 1)
        people = np.bincount(bins[learned], minlength=bins.max() + 1)
        rate = (had + base) / (people + 1)
        area = auc(ranking(rate[bins[judged]]), label[judged], np.ones(judged.sum()))
        areas.append(area)
    area = float(np.mean(areas))
    return Signal(str(values.name), area, area - 1.96 * standard_error(area, label))


def bins_of(values: pd.Series) -> np.ndarray:
    """Return each value's bin: that of a text, of a part of the numbers, of none."""
    if not pd.api.types.is_numeric_dtype(values):
        return pd.factorize(values)[0] + 1
    numbers = values.to_numpy(float)
    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return np.zeros(len(numbers), int)
    limits = np.unique(np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)[1:-1]))
    found = np.searchsorted(limits, numbers, side="right") + 1
    return np.where(np.isnan(numbers), 0, found)


def standard_error(area: float, label: np.ndarray) -> float:
    """Return the standard error of an AUC.

    J. A. Hanley and B. J. McNeil, Radiology 143 (1982), 29-36.
    """
    had, others = label.sum(), len(label) - label.sum()
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (had - 1) * (first - area**2)
    spread += (others - 1) * (second - area**2)
    return float(np.sqrt(max(spread, 0) / (had * others)))
