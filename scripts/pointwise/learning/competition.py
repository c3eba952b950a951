"""Which of several models is the best that is worth its complexity.

The one-standard-error rule (Breiman, Friedman, Olshen and Stone 1984, Classification
and Regression Trees, ch. 3.4.3; Hastie, Tibshirani and Friedman 2009, The Elements of
Statistical Learning, ch. 7.10): of all models whose loss is within one standard error
of the least, the simplest. The error is that of the difference between two models on
the same people, from resampling these (paired bootstrap: Efron and Tibshirani 1993,
An Introduction to the Bootstrap, ch. 6 and 13).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from pointwise.learning.bootstrap import weights_over_users

REPLICATES = 400


class Losses(NamedTuple):
    """The log loss of each example by model, the simplest model first."""

    by_model: dict[str, np.ndarray]
    user_id: np.ndarray
    seed: int

    def only(self, models: tuple[str, ...]) -> Losses:
        """Return the losses of some of the models, in this order."""
        return self._replace(by_model={name: self.by_model[name] for name in models})

    def best(self) -> str:
        """Return the model with the least loss, of equals the simplest."""
        return min(self.by_model, key=self.mean)

    def mean(self, model: str) -> float:
        """Return the log loss of a model."""
        return float(self.by_model[model].mean())

    def worse_by(self, model: str, than: str) -> tuple[float, float]:
        """Return how much worse a model is than another, and the standard error."""
        users, user = np.unique(self.user_id, return_inverse=True)
        rows = np.bincount(user)
        apart = np.bincount(user, self.by_model[model] - self.by_model[than])
        drawn = [
            weight @ apart / (weight @ rows)
            for weight in weights_over_users(users, REPLICATES, self.seed)
        ]
        return float(apart.sum() / rows.sum()), float(np.std(drawn, ddof=1))

    def is_tie(self, model: str, best: str) -> bool:
        """Whether a model is within one standard error of a better one."""
        if model == best:
            return True
        difference, error = self.worse_by(model, best)
        return difference <= error

    def winner(self) -> str:
        """Return the simplest model within one standard error of the best."""
        best = self.best()
        return next(model for model in self.by_model if self.is_tie(model, best))


def losses_of(
    label: np.ndarray,
    predictions: dict[str, np.ndarray],
    user_id: np.ndarray,
    seed: int,
) -> Losses:
    """Return the losses of predicted probabilities, in the order given."""
    by_model = {
        model: -np.log(np.clip(np.where(label > 0, found, 1 - found), 1e-13, 1))
        for model, found in predictions.items()
    }
    return Losses(by_model, user_id, seed)
