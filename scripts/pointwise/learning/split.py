"""What may be learned from, and what is kept to judge by: a split by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import numpy as np
import pandas as pd

from pointwise.core.errors import PointwiseError
from pointwise.core.words import LEARNED_FROM
from pointwise.learning.examples import Examples

FEWEST = 20  # Examples of a part that convert, and that do not.
TEST_SHARE = 3  # The last third of the dates is kept to judge by.


class Split(NamedTuple):
    """Training and test rows; the horizon of the former ends by the first test date."""

    training: np.ndarray
    test: np.ndarray
    training_dates: list[date]
    test_dates: list[date]


def split_by_time(examples: Examples, test_from: date | None = None) -> Split:
    """Return the split: test dates from `test_from` on, else the last third of them.

    Dates whose horizon reaches past the first test date are in neither part: what they
    say is known only while the test is running. No test date has a horizon that the
    panel's points have learned from, or these would seem better than they are.

    Raises PointwiseError if a part has too few rows that converted, or that did not, or
    the points have learned from all dates.
    """
    dates = np.unique(examples.as_of_date)
    judged = np.unique(examples.as_of_date[examples.is_judged])
    if not len(judged):
        raise PointwiseError(
            f"nothing to judge by: {LEARNED_FROM} all past dates (learned_until)"
        )
    if test_from is None:
        first_test_date = max(dates[-max(len(dates) // TEST_SHARE, 1)], judged[0])
    else:
        first_test_date = np.datetime64(test_from, "D")
        if first_test_date < judged[0]:
            raise PointwiseError(
                f"{LEARNED_FROM} dates before {judged[0]} (learned_until): give"
                f" --test-from {judged[0]} or later"
            )
    test = examples.as_of_date >= first_test_date
    training = examples.horizon_end_date <= first_test_date
    for rows, name in ((training, "before"), (test, "from")):
        converted = int(examples.is_converted[rows].sum())
        others = int(rows.sum()) - converted
        for found, did in ((converted, "converted"), (others, "did not convert")):
            if found < FEWEST:
                raise PointwiseError(
                    f"only {found} of {rows.sum():,} examples {name} {first_test_date}"
                    f" {did}, {FEWEST} are needed: add snapshots (var snapshot_count)"
                    " or users"
                )
    return Split(
        training,
        test,
        np.unique(examples.as_of_date[training]).tolist(),
        np.unique(examples.as_of_date[test]).tolist(),
    )


def user_folds(user_ids: np.ndarray, folds: int) -> np.ndarray:
    """Return the fold of each row: that of its user, by a hash of the id."""
    return pd.util.hash_array(user_ids.astype(object)) % folds


def held_out(fold: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the positions of the rows outside and inside of each fold."""
    for number in np.unique(fold):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)
