"""Which of two scores ranks better, with the interval of the difference by person."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.learning.bootstrap import interval, weights_over_users
from pointwise.learning.metrics import auc, ranking


class Gain(NamedTuple):
    """What points change on examples that they were not fitted to."""

    before: float  # AUC.
    after: float
    low: float  # The 95 % interval of the difference.
    high: float

    def text(self) -> str:
        """Return it in figures."""
        return (
            f"AUC {self.before:.4f} to {self.after:.4f},"
            f" {self.after - self.before:+.4f} [{self.low:+.4f} to {self.high:+.4f}]"
        )


def gain(
    old: np.ndarray,
    new: np.ndarray,
    user_ids: np.ndarray,
    label: np.ndarray,
    replicates: int,
    seed: int,
) -> Gain:
    """Return both AUC on the examples, and the interval of their difference."""
    rankings = [ranking(score) for score in (old, new)]
    differences = []
    for weight in weights_over_users(user_ids, replicates, seed):
        before, after = (auc(ranked, label, weight) for ranked in rankings)
        differences.append(after - before)
    before, after = (auc(ranked, label, np.ones(len(label))) for ranked in rankings)
    return Gain(before, after, *interval(differences))
