"""All that is learned from the training rows, and what it says about the test rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from pointwise.learning import models
from pointwise.learning.artefact import Trained
from pointwise.learning.competition import Losses, losses_of
from pointwise.learning.encoding import columns_of, encode
from pointwise.learning.examples import Examples
from pointwise.learning.installed import LEARNERS, LOGISTIC, MEAN, TREES, Model
from pointwise.learning.metrics import calibration_of, log_odds, sigmoid
from pointwise.learning.split import Split, user_folds

BASE_RATE, SINGLE, RULES = "base rate", "single feature", "rules"
CHOICE_FOLDS = 3  # Of users, to choose the settings.
# Settings are chosen on this number of rows at most: of all rows of a sample of users.
MOST_CHOICE_ROWS = 60_000
OTHER_USERS_FOLDS = 5  # Of users, each judged by models that never saw them.
STEPS = len(models.CANDIDATES) + 3 + OTHER_USERS_FOLDS


class Learned(NamedTuple):
    """What was learned, and the predicted probabilities of the test rows by model."""

    trained: Trained  # The winner, refitted on the rows of all dates.
    learner: str  # Which of the learners it is.
    losses: Losses  # Of rules and learners, on people left out and on the test rows.
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
    """Choose settings and train on the training rows; predict the test rows.

    The learners compete on the test rows and, each fitted without them, on the people
    of the training rows: the test rows alone have a few dozen conversions, by which the
    worse often seems the better. The winner is fitted again to the rows of all dates:
    what is installed knows the latest, too.
    """
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

    single = models.best_single(known, label)
    column, column_unseen = (
        models.recency_or_size(part[:, single]) for part in (known, unseen)
    )
    simple = {
        BASE_RATE: np.full(len(unseen), label.mean()),
        SINGLE: models.fit_curve(column, label).probability(column_unseen),
        RULES: models.fit_curve(training.score, label).probability(test.score),
    }
    both = models.fit_model(MEAN, known, label, settings, strength)
    predictions = {**simple, **by_learner(both, unseen)}
    step()

    of_other_users = {name: np.empty(len(unseen)) for name in LEARNERS}
    left_out = {name: np.empty(len(known)) for name in (RULES, *LEARNERS)}
    fold = user_folds(training.user_id, OTHER_USERS_FOLDS)
    fold_unseen = user_folds(test.user_id, OTHER_USERS_FOLDS)
    for number in range(OTHER_USERS_FOLDS):
        kept, asked = fold != number, fold_unseen == number
        others = models.fit_model(MEAN, known[kept], label[kept], settings, strength)
        for name, probability in by_learner(others, unseen[asked]).items():
            of_other_users[name][asked] = probability
        curve = models.fit_curve(training.score[kept], label[kept])
        left_out[RULES][~kept] = curve.probability(training.score[~kept])
        for name, probability in by_learner(others, known[~kept]).items():
            left_out[name][~kept] = probability
        step()

    # Not where the points of the rules have learned from what followed.
    judged = training.is_judged
    losses = losses_of(
        np.append(label[judged], test.is_converted),
        {
            name: np.append(found[judged], predictions[name])
            for name, found in left_out.items()
        },
        np.append(training.user_id[judged], test.user_id),
        seed,
    )
    # What is simpler wins no tie if it would not be installed and the better one is.
    least = losses.mean(RULES)
    able = tuple(name for name in LEARNERS if losses.mean(name) < least)
    learner = losses.only(able or LEARNERS).winner()
    trained = refitted(learner, examples, features, settings, strength)
    margin = log_odds(predictions[learner])
    judged = calibration_of(margin, test.is_converted, test.user_id)
    trained = trained._replace(calibration=list(judged))
    step()
    return Learned(
        trained,
        learner,
        losses,
        settings,
        strength,
        columns[single].feature,
        float(label.mean()),
        predictions,
        {**simple, **of_other_users},
    )


def by_learner(both: Model, encoded: np.ndarray) -> dict[str, np.ndarray]:
    """Return the probabilities by each learner, of a model that holds both."""
    found = {
        LOGISTIC: both._replace(booster=None),
        TREES: both._replace(logistic=None),
        MEAN: both,
    }
    return {name: sigmoid(model.margin(encoded)) for name, model in found.items()}


def refitted(
    learner: str,
    examples: Examples,
    features: dict[str, list],
    settings: models.Settings,
    strength: float,
) -> Trained:
    """Return a learner fitted to all rows, with what the build must know about it."""
    columns = columns_of(examples.features, examples.user_id)
    encoded = encode(examples.features, columns)
    return Trained(
        models.fit_model(learner, encoded, examples.is_converted, settings, strength),
        columns,
        features,
        examples.outcome,
        str(examples.horizon_end_date.max()),
    )
