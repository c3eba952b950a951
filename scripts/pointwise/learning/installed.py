"""What an installed model computes with: boosted trees, a logistic regression, or both.

The trainer and `dbt build` both predict with it, so that they say the same. XGBoost is
loaded only where there are trees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pointwise.learning.encoding import linear, widths

if TYPE_CHECKING:
    import xgboost as xgb

LOGISTIC, TREES, MEAN = "logistic", "xgboost", "mean"
# The least flexible first: the mean bends half as far as its trees alone.
LEARNERS = (LOGISTIC, MEAN, TREES)


class Logistic(NamedTuple):
    """A logistic regression on standardised columns; numbers only."""

    is_optional: np.ndarray  # By input: whether it may be missing.
    mean: np.ndarray
    deviation: np.ndarray
    coefficient: np.ndarray
    intercept: float

    @classmethod
    def of(cls, lists: dict) -> Logistic:
        """Return the regression that a model file describes.

        Raises ValueError if its lists do not belong together.
        """
        found = cls(
            np.array(lists["is_optional"], bool),
            *(np.array(lists[name], float) for name in cls._fields[1:4]),
            float(lists["intercept"]),
        )
        columns = {len(part) for part in found[1:4]}
        if columns != {int(widths(found.is_optional).sum())}:
            raise ValueError("the lists of a logistic regression differ in length")
        return found

    def lists(self) -> dict:
        """Return the regression as JSON can hold it."""
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in self._asdict().items()
        }

    def parts(self, encoded: np.ndarray) -> np.ndarray:
        """Return what each column of the regression adds to the log-odds."""
        columns = linear(encoded, self.is_optional)
        return (columns - self.mean) / self.deviation * self.coefficient

    def margin(self, encoded: np.ndarray) -> np.ndarray:
        """Return the log-odds of each row."""
        return self.parts(encoded).sum(axis=1) + self.intercept

    def effects(self, encoded: np.ndarray) -> np.ndarray:
        """Return what each input adds to the log-odds, and the intercept as the last.

        Beside an average row of the training: the SHAP values of a linear model
        (Lundberg and Lee 2017, NeurIPS 30, corollary 1).
        """
        first = np.cumsum(np.append(0, widths(self.is_optional)))[:-1]
        by_input = np.add.reduceat(self.parts(encoded), first, axis=1)
        return np.column_stack([by_input, np.full(len(encoded), self.intercept)])


class Model(NamedTuple):
    """Trees, a logistic regression, or the mean of what both say, in log-odds."""

    booster: xgb.Booster | None = None
    logistic: Logistic | None = None

    @property
    def learner(self) -> str:
        """Return which of the learners it is."""
        if self.booster is None:
            return LOGISTIC
        return TREES if self.logistic is None else MEAN

    def margin(self, encoded: np.ndarray) -> np.ndarray:
        """Return the log-odds that the model predicts for each row."""
        found = []
        if self.booster is not None:
            trees = self.booster.inplace_predict(encoded, predict_type="margin")
            found.append(trees.astype(float))
        if self.logistic is not None:
            found.append(self.logistic.margin(encoded))
        return np.mean(found, axis=0)

    def effects(self, encoded: np.ndarray) -> np.ndarray:
        """Return what each input adds to the log-odds; the last is of everybody.

        Of trees exact TreeSHAP (Lundberg et al. 2020, Nat. Mach. Intell. 2:56), a
        hundred times as slow as the margin. SHAP values of a mean are their mean.
        """
        found = []
        if self.booster is not None:
            from xgboost import DMatrix

            trees = self.booster.predict(DMatrix(encoded), pred_contribs=True)
            found.append(trees.astype(float))
        if self.logistic is not None:
            found.append(self.logistic.effects(encoded))
        return np.mean(found, axis=0)
