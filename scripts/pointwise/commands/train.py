"""Train a propensity model, and compare it with the rules.

    pointwise train
    pointwise train --test-from 2026-05-25 --force

Reads what the last `dbt build` published. The latest snapshots are kept to judge by;
all else, settings included, is learned from the ones before. Logistic regression,
XGBoost and their mean compete by log loss on the kept snapshots, and on people who were
left out of the ones before; within one standard error the simplest wins, and is fitted
again to all snapshots. It is put into the folder `model`, where the next `dbt build`
scores with it, if its loss is below that of the rules, if the kept snapshots do not
favour these or the model in use, and if its probabilities can be trusted.
Otherwise it goes to the folder `candidate` there, to look at.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import click
import duckdb
import numpy as np
import xgboost

from pointwise.core.command_line import PATH, command
from pointwise.core.home import path_setting
from pointwise.core.published import connect, short_path
from pointwise.core.terminal import console, progress_bar
from pointwise.learning import artefact
from pointwise.learning.artefact import read_model, write_model
from pointwise.learning.checks import Check, checks_of
from pointwise.learning.comparison import Population, compare
from pointwise.learning.competition import losses_of
from pointwise.learning.curves import curves
from pointwise.learning.encoding import encode
from pointwise.learning.examples import Examples, read_examples, with_truth
from pointwise.learning.installed import LEARNERS
from pointwise.learning.metrics import auc, ranking, sigmoid
from pointwise.learning.options import learning_options
from pointwise.learning.plot import write_plot
from pointwise.learning.report import print_comparison
from pointwise.learning.split import Split, split_by_time
from pointwise.learning.training import RULES, SINGLE, STEPS, Learned, learn

IN_USE = "model in use"
ALL, OTHER_USERS, PEOPLE = "all users", "other users", "without machines"
SINCE = "since the model in use"
# A model that does not know the future rarely has such an AUC; nor this one, if it
# is so far ahead of the best single feature.
TOO_GOOD, SUSPECT, AHEAD = 0.95, 0.9, 0.1
WHY = "as its log loss is below the rules'"
# Standard errors by which rules are better on later snapshots, whatever came before.
CLEARLY = 2.0


class InUse(NamedTuple):
    """What the model in use says of the test rows, and which it did not learn from."""

    probability: np.ndarray
    is_later: np.ndarray


def populations(test: Examples, learned: Learned, in_use: InUse | None) -> list:
    """Return the test rows as they are compared: all, unseen users, and people.

    The model in use is compared only where it did not learn from what followed.
    """
    everyone = Population(
        ALL, test.user_id, test.is_converted, learned.predictions, test.probability
    )
    found = [
        everyone,
        everyone._replace(name=OTHER_USERS, predictions=learned.of_other_users),
    ]
    if has_machines(test):
        found.append(everyone.only(PEOPLE, ~test.is_bot))
    if in_use is not None and in_use.is_later.any():
        predictions = {**learned.predictions, IN_USE: in_use.probability}
        beside = everyone._replace(predictions=predictions)
        found.append(beside.only(SINCE, in_use.is_later))
    return [part for part in found if 0 < part.label.sum() < len(part.label)]


def has_machines(test: Examples) -> bool:
    """Whether some of the test rows are known to be a machine's: of a made-up world."""
    return test.is_bot is not None and bool(test.is_bot.any())


def feature_definitions(connection: duckdb.DuckDBPyConnection) -> dict[str, list]:
    """Return what each feature of the control panel is, by its name."""
    rows = connection.execute(
        "select feature, event_type, measure, window_days, half_life_days from features"
        " order by feature"
    ).fetchall()
    return {name: definition for name, *definition in rows}


def predict_in_use(
    folder: Path, features: dict[str, list], test: Examples
) -> InUse | None:
    """Return what the model in use says about the test rows; None if it cannot."""
    trained = read_model(folder / artefact.MODEL)
    if trained is None:
        return None
    if trained.outcome != test.outcome:
        console.print("The model in use predicts another outcome: it is replaced.")
        return None
    if any(features.get(name) != what for name, what in trained.features.items()):
        console.print("The model in use knows other features: it is replaced.")
        return None
    encoded = encode(test.features, trained.columns)
    until = trained.learned_until or "0001-01-01"
    is_later = test.as_of_date >= np.datetime64(until)
    return InUse(sigmoid(trained.model.margin(encoded)), is_later)


def reasons_against(
    test: Examples, learned: Learned, in_use: InUse | None, checks: list[Check]
) -> list[str]:
    """Return why the new model should not be installed; nothing if it should.

    Models are compared by log loss, which wants both the order and the rates right.
    Against the rules the lower loss decides, of people left out and later snapshots
    together, unless these alone favour the rules clearly: to ask for more costs loss in
    worlds of known probabilities (bench/competition.py), as a few dozen conversions
    rarely show what is better. The model in use has seen later dates than the one that
    is judged here in the new one's place: it stays if it is better by more than one
    standard error, or if no date is there to judge by.
    """
    losses, new = learned.losses, learned.learner
    against = []
    if losses.mean(new) >= losses.mean(RULES):
        against.append(
            f"its log loss {losses.mean(new):.5f} is not below"
            f" {losses.mean(RULES):.5f} of the rules"
        )
    rivals = {name: learned.predictions[name] for name in (new, RULES)}
    later = losses_of(test.is_converted, rivals, test.user_id, losses.seed)
    difference, error = later.worse_by(new, RULES)
    if difference > CLEARLY * error:
        against.append(
            f"on the later snapshots its log loss {later.mean(new):.5f} is above"
            f" {later.mean(RULES):.5f} of the rules by {difference:.5f}, more than"
            f" {CLEARLY:g} standard errors, {error:.5f} each"
        )
    against += [check.says for check in checks if not check.is_passed]
    against += too_good(test.is_converted, learned.predictions, new)
    if in_use is None:
        return against
    if not in_use.is_later.any():
        return [
            *against,
            "there is no later snapshot than those that the model in use learned from,"
            " to judge both by",
        ]
    unseen = test.rows(in_use.is_later)
    both = {
        new: learned.predictions[new][in_use.is_later],
        IN_USE: in_use.probability[in_use.is_later],
    }
    since = losses_of(unseen.is_converted, both, unseen.user_id, losses.seed)
    difference, error = since.worse_by(new, IN_USE)
    if difference > error:
        against.append(
            f"the log loss of the model in use, {since.mean(IN_USE):.5f}, is lower by"
            f" {difference:.5f}, more than one standard error, {error:.5f}"
        )
    return against


def too_good(
    label: np.ndarray, predictions: dict[str, np.ndarray], learner: str
) -> list[str]:
    """Return a reason against a model that ranks better than honest features let it."""
    if not 0 < label.sum() < len(label):
        return []
    found, single = (
        auc(ranking(predictions[name]), label, np.ones(len(label)))
        for name in (learner, SINGLE)
    )
    if found < TOO_GOOD and (found < SUSPECT or found < single + AHEAD):
        return []
    return [
        f"it is too good to be true: it puts {100 * found:.1f} % of pairs in the right"
        f" order, the best single feature {100 * single:.1f} %. Some features know what"
        " came later, as profile columns without valid_from may: take them out of"
        " features.csv, or date them"
    ]


def verdict(learner: str, against: list[str], is_installed: bool) -> str:
    """Return what became of the new model, in a sentence."""
    if not against:
        return (
            f"The new model ({learner}) predicts conversions better than the rules, and"
            " the next build scores with it."
        )
    if is_installed:
        return (
            f"The new model ({learner}) is not good enough, and the next build scores"
            " with it anyway."
        )
    return (
        f"The new model ({learner}) is not good enough, and scores go on as they were."
    )


def is_in_use(folder: Path, learned: Learned) -> bool:
    """Whether the new model is the one in use, to the last byte."""
    path = folder / artefact.MODEL
    return path.exists() and path.read_bytes() == learned.trained.file()


def card(examples: Examples, split: Split, learned: Learned, seed: int) -> dict:
    """Return what a person wants to know about a model later on."""
    return {
        "model_version": learned.trained.version(),
        "data_fingerprint": examples.fingerprint,
        "dates": [str(day) for day in np.unique(examples.as_of_date)],
        "examples": len(examples.user_id),
        "converted": int(examples.is_converted.sum()),
        "training_dates": [str(day) for day in split.training_dates],
        "test_dates": [str(day) for day in split.test_dates],
        "training_examples": int(split.training.sum()),
        "training_converted": int(examples.is_converted[split.training].sum()),
        "base_rate": learned.base_rate,
        **learned.trained.outcome._asdict(),
        "learner": learned.learner,
        "log_loss": {name: learned.losses.mean(name) for name in (RULES, *LEARNERS)},
        "learned_until": learned.trained.learned_until,
        "best_single_feature": learned.single_feature,
        "xgboost": {
            **learned.settings.parameters,
            "rounds": learned.settings.rounds,
            "log_loss_of_other_users": learned.settings.log_loss,
        },
        "logistic_regression": {"C": learned.strength},
        "seed": seed,
        "features": learned.trained.features,
        "xgboost_version": xgboost.__version__,
    }


@command(__doc__)
@learning_options(replicates=200)
@click.option(
    "--truth",
    type=PATH,
    help="Truth of a synthetic world (the folder truth beside the users file).",
)
@click.option("--force", is_flag=True, help="Install the model even if it fails.")
def main(
    test_from: date | None, seed: int, replicates: int, truth: Path | None, force: bool
) -> None:
    """Train, compare, print, and install the model if it is better."""
    started = perf_counter()
    folder = path_setting("POINTWISE_MODEL")
    with connect() as connection:
        features = feature_definitions(connection)
        examples = read_examples(connection)
    truth = truth or path_setting("POINTWISE_USERS").parent / "truth"
    examples = with_truth(examples, truth)
    split = split_by_time(examples, test_from)
    test = examples.rows(split.test)
    in_use = predict_in_use(folder, features, test)
    names = 2 + has_machines(test) + (in_use is not None and in_use.is_later.any())
    with progress_bar("Training", STEPS + names * replicates) as step:
        learned = learn(examples, split, features, seed, step)
        compared = populations(test, learned, in_use)
        rows = [
            row
            for population in compared
            for row in compare(population, learned.base_rate, replicates, seed, step)
        ]

    checks = checks_of(rows, ALL, learned.learner)
    against = reasons_against(test, learned, in_use, checks)
    if is_in_use(folder, learned):
        console.print("This is the model in use already: nothing to install.\n")
        describe(examples, split, learned, checks)
        print_comparison(rows)
        return
    is_installed = force or not against
    console.print(f"{verdict(learned.learner, against, is_installed)}\n", markup=False)
    target = folder if is_installed else folder / "candidate"
    write_model(
        target,
        learned.trained,
        rows,
        checks,
        curves(compared[0]),
        card(examples, split, learned, seed),
    )
    write_plot(target / artefact.PLOT, compared[0])
    if is_installed:
        why = f"by --force, though {'; '.join(against)}" if against else WHY
        console.print(
            f"Installed in {short_path(folder)} as {learned.trained.version()}"
            f" after {perf_counter() - started:.0f} s, {why}: the next `dbt build`"
            f" scores with it. The plot is {short_path(target / artefact.PLOT)}.\n",
            markup=False,
        )
    else:
        console.print(
            f"Not installed: {'; '.join(against)}. It is in {short_path(target)};"
            " --force installs it anyway.\n",
            markup=False,
        )
    describe(examples, split, learned, checks)
    print_comparison(rows)


def describe(
    examples: Examples, split: Split, learned: Learned, checks: list[Check]
) -> None:
    """Print what was learned from what, and how."""
    chosen, losses = learned.settings, learned.losses
    console.print(
        f"Learned from {split.training.sum():,} examples of"
        f" {', '.join(str(day) for day in split.training_dates)}"
        f" ({examples.is_converted[split.training].sum():,.0f} converted within"
        f" {learned.trained.outcome.horizon_days} days),"
        f" {len(examples.features.columns)} features. Judged on"
        f" {', '.join(str(day) for day in split.test_dates)}; then fitted again to all"
        f" dates. XGBoost: {chosen.rounds} trees of depth"
        f" {chosen.parameters['max_depth']}. Best single feature:"
        f" {learned.single_feature}.\n",
        markup=False,
    )
    best = losses.only(LEARNERS).best()
    means = ", ".join(f"{name} {losses.mean(name):.5f}" for name in (RULES, *LEARNERS))
    why = "the least"
    if best != learned.learner:
        difference, error = losses.worse_by(learned.learner, best)
        why = (
            f"simpler than {best}, and within one standard error of it"
            f" ({difference:.5f}, standard error {error:.5f})"
        )
    console.print(
        f"Log loss, of people left out and later: {means}. Taken is {learned.learner}:"
        f" {why}.",
        markup=False,
    )
    console.print(
        f"Checks: {'; '.join(check.says for check in checks)}.\n", markup=False
    )
