"""Whether the probabilities of a model can be trusted, however good its rivals.

A model may be better than its rivals and still be worse than one number for all. So it
is held against the rate of the test dates themselves, not only that of the training.
"""

from __future__ import annotations

from typing import NamedTuple

from pointwise.learning.comparison import Row

# Slope and predicted ÷ observed fail when their 95 % interval lies wholly outside; the
# skill when it is not above 0.
LEAST, MOST = 0.8, 1.25
SKILL, SLOPE, RATIO = "own_rate_skill", "calibration_slope", "predicted_by_observed"


class Check(NamedTuple):
    """One check of a model, with a sentence on its result."""

    check_name: str
    learner: str
    value: float | None
    low: float | None
    high: float | None
    least: float | None  # What is still good; see the docs of the mart.
    most: float | None
    is_passed: bool
    says: str


def checks_of(rows: list[Row], population: str, model: str) -> list[Check]:
    """Return the checks of one model on one population of test rows."""
    found = {
        row.figure: row
        for row in rows
        if (row.population, row.model) == (population, model)
    }
    return [
        Check(
            name,
            model,
            *(row.value, row.low, row.high),
            *((0.0, None) if name == SKILL else (LEAST, MOST)),
            *judged(row),
        )
        for name in (SKILL, SLOPE, RATIO)
        if (row := found.get(name)) is not None
    ]


def judged(row: Row) -> tuple[bool, str]:
    """Return whether a figure passes, and what it says."""
    if row.value is None:
        return True, f"{row.figure}: nothing to judge by"
    between = "" if row.low is None else f" ({row.low:.2f} to {row.high:.2f})"
    shown = f"{row.value:.2f}{between}"
    if row.figure == SKILL:
        if row.value > 0:
            return True, f"skill {shown} against one rate for all"
        return False, (
            f"skill {shown}: on the test dates, one rate for all would have been better"
        )
    name = "calibration slope" if row.figure == SLOPE else "predicted ÷ observed"
    low = row.value if row.low is None else row.low
    high = row.value if row.high is None else row.high
    if low <= MOST and high >= LEAST:
        return True, f"{name} {shown}"
    if row.figure == SLOPE:
        why = "too extreme" if high < LEAST else "not extreme enough"
    else:
        why = "too low" if high < LEAST else "too high"
    return False, f"{name} {shown}: its probabilities are {why}"
