"""Metrics of experiments drawn as numbers of units, and their sums as SQL has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from pointwise.core.statistics.means import PAIRS, PARTS, Units
from pointwise.experiments.metrics import units_of

DAY = "2026-02-01"


def sums_row(value: np.ndarray, **parts: np.ndarray) -> dict[str, Any]:
    """Return a row of sums over units; parts that are not given are 1, past 0."""
    ones = np.ones(len(value))
    usual = {"past": 0 * ones, **dict.fromkeys(("persons", "base", "past_base"), ones)}
    own = {"score": 0 * ones, **usual, **parts, "value": np.asarray(value, float)}
    return {
        "units": len(value),
        "active_units": int((own["value"] != 0).sum()),
        "cut_value": None,
        "cut_persons": 0,
        "largest": float(own["value"].max()),
        **{name: float(own[name].sum()) for name in PARTS},
        **{f"{a}_{b}": float((own[a] * own[b]).sum()) for a, b in PAIRS},
    }


def units(value: np.ndarray, **parts: np.ndarray) -> Units:
    """Return the sums as the readout takes them."""
    return units_of(sums_row(value, **parts))


def spend(random: np.random.Generator, people: int, rate: float = 0.009) -> np.ndarray:
    """Return what visitors spend, most of them nothing: as in Hillstrom's trial."""
    bought = random.random(people) < rate
    return np.where(bought, random.lognormal(4.3, 0.9, people), 0).round(2)
