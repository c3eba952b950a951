"""All that is learned from the training rows, and what it says of the test rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pointwise.learning import models
from pointwise.learning.artefact import Trained
from pointwise.learning.encoding import columns_of, encode
from pointwise.learning.examples import Examples
from pointwise.learning.split import Split, user_folds

BASE_RATE, SINGLE = "base rate", "single feature"
RULES, LOGISTIC, MODEL = "rules", "logistic", "xgboost"
CHOICE_FOLDS = 3  # Of users, to choose the settings.
# Settings are chosen on so many rows at most: of all rows of a sample of users.
MOST_CHOICE_ROWS = 60_000
OTHER_USERS_FOLDS = 5  # Of users, each judged by models that never saw them.
STEPS = len(models.CANDIDATES) + 2 + OTHER_USERS_FOLDS


class Learned(NamedTuple):
    """What was learned, and the predicted probabilities of the test rows by model."""

    trained: Trained
    settings: models.Settings
    strength: float
    single_feature: str
    base_rate: float
    predictions: dict[str, np.ndarray]
    of_other_users: dict[str, np.ndarray]  # By models that never saw the user.


def learn(
    examples: Examples,
    split: Split,
    features: dict[str, list],
    seed: int,
    step: Callable[[], None],
) -> Learned:
    """Choose settings and train on the training rows; predict the test rows."""
    training, test = examples.rows(split.training), examples.rows(split.test)
    columns = columns_of(training.features, training.user_id)
    known, unseen = encode(training.features, columns), encode(test.features, columns)
    label = training.is_converted

    parts = -(-len(label) // MOST_CHOICE_ROWS)
    chosen = user_folds(training.user_id, CHOICE_FOLDS * parts) < CHOICE_FOLDS
    fold = user_folds(training.user_id, CHOICE_FOLDS * parts)[chosen]
    settings = models.choose_settings(known[chosen], label[chosen], fold, seed, step)
    strength = models.choose_strength(known[chosen], label[chosen], fold)
    step()

    booster = models.fit_xgboost(known, label, settings)
    single = models.best_single(known, label)
    column, column_unseen = (
        models.recency_or_size(part[:, single]) for part in (known, unseen)
    )
    simple = {
        BASE_RATE: np.full(len(unseen), label.mean()),
        SINGLE: models.fit_curve(column, label).probability(column_unseen),
        RULES: models.fit_curve(training.score, label).probability(test.score),
    }
    step()

    of_other_users = {name: np.empty(len(unseen)) for name in (LOGISTIC, MODEL)}
    fold = user_folds(training.user_id, OTHER_USERS_FOLDS)
    fold_unseen = user_folds(test.user_id, OTHER_USERS_FOLDS)
    for number in range(OTHER_USERS_FOLDS):
        kept, asked = fold != number, fold_unseen == number
        of_other_users[LOGISTIC][asked] = models.fit_logistic(
            known[kept], label[kept], strength
        ).probability(unseen[asked])
        of_other_users[MODEL][asked] = models.xgboost_probability(
            models.fit_xgboost(known[kept], label[kept], settings), unseen[asked]
        )
        step()

    logistic = models.fit_logistic(known, label, strength).probability(unseen)
    probability = models.xgboost_probability(booster, unseen)
    return Learned(
        Trained(booster, columns, features, examples.outcome),
        settings,
        strength,
        columns[single].feature,
        float(label.mean()),
        {**simple, LOGISTIC: logistic, MODEL: probability},
        {**simple, **of_other_users},
    )
