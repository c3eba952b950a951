"""The models that are compared, each from a plain fit to probabilities."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

# Two threads that wait for each other by spinning take minutes where others work too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import xgboost as xgb
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from pointwise.learning.encoding import linear
from pointwise.learning.installed import LOGISTIC, TREES, Logistic, Model
from pointwise.learning.metrics import auc, logistic_fit, ranking, sigmoid
from pointwise.learning.split import held_out

# So do those of BLAS, for sums over rows that are done before they have begun.
threadpool_limits(1, user_api="blas")

# What is tried, from plain to able to combine several features. Small steps, and each
# tree sees a part of the rows and columns: outcomes are rare.
COMMON = {
    "objective": "binary:logistic",
    "eval_metric": "logloss",
    "tree_method": "hist",
    "subsample": 0.7,
    "colsample_bynode": 0.5,
    "min_child_weight": 5,
}
CANDIDATES = (
    {"max_depth": 1, "eta": 0.1, "lambda": 10},
    {"max_depth": 2, "eta": 0.05, "lambda": 10},
    {"max_depth": 3, "eta": 0.05, "lambda": 10},
    {"max_depth": 4, "eta": 0.05, "lambda": 50},
)
MOST_ROUNDS = 1000
# Fewer rows than this a thread, and threads wait for each other more than they work.
FEWEST_ROWS_A_THREAD = 200_000
PATIENCE = 30  # Rounds without a gain after which a candidate is done.
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 1.0)  # Of the logistic regression: sklearn's C.


class Settings(NamedTuple):
    """The settings chosen for XGBoost, and the log loss they were chosen by."""

    parameters: dict
    rounds: int
    log_loss: float


def choose_settings(
    encoded: np.ndarray,
    label: np.ndarray,
    fold: np.ndarray,
    seed: int,
    step: Callable[[], None],
) -> Settings:
    """Return the candidate, and its rounds, with the least log loss on other users.

    Each is trained without a third of the users and judged on them, until more rounds
    do not help: early stopping. Only training rows may be given.
    """
    data = xgb.DMatrix(encoded, label)
    folds = list(held_out(fold))

    def judged(candidate: dict) -> Settings:
        parameters = {**COMMON, **candidate, "seed": seed}
        losses = xgb.cv(
            {**parameters, "nthread": 1},  # A core a candidate.
            data,
            MOST_ROUNDS,
            folds=folds,
            early_stopping_rounds=PATIENCE,
            as_pandas=False,
        )["test-logloss-mean"]
        best = int(np.argmin(losses))
        return Settings(parameters, best + 1, float(losses[best]))

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for settings in pool.map(judged, CANDIDATES):
            found.append(settings)
            step()
    return min(found, key=lambda settings: settings.log_loss)


def threads(rows: int) -> int:
    """Return how many threads to train with: the model is the same for any number."""
    return max(1, min(os.cpu_count() or 1, rows // FEWEST_ROWS_A_THREAD))


def fit_xgboost(
    encoded: np.ndarray, label: np.ndarray, settings: Settings
) -> xgb.Booster:
    """Return the trained model: the same rows and settings give the same bytes."""
    data = xgb.DMatrix(encoded, label)
    parameters = {"nthread": threads(len(label)), **settings.parameters}
    return xgb.train(parameters, data, settings.rounds)


def choose_strength(encoded: np.ndarray, label: np.ndarray, fold: np.ndarray) -> float:
    """Return the least regularisation that predicts other users best, by log loss."""
    losses = []
    for strength in STRENGTHS:
        predicted = np.empty(len(label))
        for outside, inside in held_out(fold):
            model = fit_logistic(encoded[outside], label[outside], strength)
            predicted[inside] = sigmoid(model.margin(encoded[inside]))
        losses.append(
            -np.log(np.clip(np.where(label, predicted, 1 - predicted), 1e-13, 1)).mean()
        )
    return STRENGTHS[int(np.argmin(losses))]


def fit_logistic(encoded: np.ndarray, label: np.ndarray, strength: float) -> Logistic:
    """Return the logistic regression of these rows, with a ridge penalty."""
    is_optional = np.isnan(encoded).any(axis=0)
    columns = linear(encoded, is_optional)
    mean, deviation = columns.mean(axis=0), columns.std(axis=0)
    deviation[deviation == 0] = 1
    model = LogisticRegression(C=strength, max_iter=2000)
    model.fit((columns - mean) / deviation, label)
    return Logistic(
        is_optional, mean, deviation, model.coef_[0], float(model.intercept_[0])
    )


def fit_model(
    learner: str,
    encoded: np.ndarray,
    label: np.ndarray,
    settings: Settings,
    strength: float,
) -> Model:
    """Return the model of one of the learners: trees, a regression, or both."""
    return Model(
        fit_xgboost(encoded, label, settings) if learner != LOGISTIC else None,
        fit_logistic(encoded, label, strength) if learner != TREES else None,
    )


class Curve(NamedTuple):
    """A logistic curve over one number, that makes it a probability."""

    mean: float
    deviation: float
    intercept: float
    slope: float

    def probability(self, values: np.ndarray) -> np.ndarray:
        """Return the probability of each value."""
        standard = (values - self.mean) / self.deviation
        return sigmoid(self.intercept + self.slope * standard)


def fit_curve(values: np.ndarray, label: np.ndarray) -> Curve:
    """Return the curve that fits the labels best."""
    mean, deviation = float(values.mean()), float(values.std()) or 1.0
    columns = np.column_stack([np.ones(len(values)), (values - mean) / deviation])
    rows = len(values)
    fitted = logistic_fit(columns, np.zeros(rows), label, np.ones(rows), [0, 0])
    return Curve(mean, deviation, float(fitted[0]), float(fitted[1]))


def best_single(encoded: np.ndarray, label: np.ndarray) -> int:
    """Return the column that ranks these rows best by itself."""
    weight = np.ones(len(label))
    quality = [
        abs(auc(ranking(recency_or_size(column)), label, weight) - 0.5)
        for column in encoded.T
    ]
    return int(np.argmax(quality))


def recency_or_size(column: np.ndarray) -> np.ndarray:
    """Return a column by its logarithm, what is missing as far beyond every value."""
    return np.log1p(np.clip(np.nan_to_num(column.astype(float), nan=1e4), 0, None))
