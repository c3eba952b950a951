"""Train a propensity model, and compare it with the rules.

    pointwise train
    pointwise train --test-from 2026-05-25 --force

Reads what the last `dbt build` published. The latest snapshots are kept to judge by;
all else, settings included, is learned from the ones before. The model is put into
the folder `model`, where the next `dbt build` scores with it, if it tells the kept
snapshots better than the rules and than the model in use (by log loss). Otherwise it
goes to the folder `candidate` there, to look at.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from time import perf_counter

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
from pointwise.learning.comparison import (
    Population,
    Row,
    compare,
    value_of,
)
from pointwise.learning.curves import curves
from pointwise.learning.encoding import encode
from pointwise.learning.examples import Examples, read_examples, with_truth
from pointwise.learning.models import xgboost_probability
from pointwise.learning.options import learning_options
from pointwise.learning.plot import write_plot
from pointwise.learning.report import print_comparison
from pointwise.learning.split import Split, split_by_time
from pointwise.learning.training import MODEL, RULES, STEPS, Learned, learn

IN_USE = "model in use"
ALL, OTHER_USERS, PEOPLE = "all users", "other users", "without machines"


def populations(test: Examples, learned: Learned, in_use: np.ndarray | None) -> list:
    """Return the test rows as they are compared: all, unseen users, and people."""
    predictions = dict(learned.predictions)
    if in_use is not None:
        predictions[IN_USE] = in_use
    everyone = Population(
        ALL, test.user_id, test.is_converted, predictions, test.probability
    )
    found = [
        everyone,
        everyone._replace(name=OTHER_USERS, predictions=learned.of_other_users),
    ]
    if has_machines(test):
        found.append(everyone.only(PEOPLE, ~test.is_bot))
    return found


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
) -> np.ndarray | None:
    """Return what the model in use says of the test rows; None if it cannot."""
    model = read_model(folder / artefact.MODEL)
    if model is None:
        return None
    if model.outcome != test.outcome:
        console.print("The model in use predicts another outcome: it is replaced.")
        return None
    if any(features.get(name) != what for name, what in model.features.items()):
        console.print("The model in use knows other features: it is replaced.")
        return None
    return xgboost_probability(model.booster, encode(test.features, model.columns))


def reasons_against(rows: list[Row]) -> list[str]:
    """Return why the new model should not be installed; nothing if it should.

    Models are compared by log loss, which wants both the order and the rates right.
    """
    new = value_of(rows, ALL, MODEL, "log_loss")
    against = []
    for name, rival in (("the rules", RULES), ("the model in use", IN_USE)):
        old = value_of(rows, ALL, rival, "log_loss")
        # Without such a rival it is NaN, and nothing is above that.
        if new >= old:
            against.append(f"its log loss {new:.5f} is not below {old:.5f} of {name}")
    return against


def is_in_use(folder: Path, learned: Learned) -> bool:
    """Whether the new model is the one in use, to the last byte."""
    path = folder / artefact.MODEL
    return path.exists() and path.read_bytes() == learned.trained.file()


def card(examples: Examples, split: Split, learned: Learned, seed: int) -> dict:
    """Return what a person wants to know of a model later on."""
    return {
        "model_version": learned.trained.version(),
        "data_fingerprint": examples.fingerprint,
        "training_dates": [str(day) for day in split.training_dates],
        "test_dates": [str(day) for day in split.test_dates],
        "training_examples": int(split.training.sum()),
        "training_converted": int(examples.is_converted[split.training].sum()),
        "base_rate": learned.base_rate,
        **learned.trained.outcome._asdict(),
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
@click.option("--force", is_flag=True, help="Install the model whatever it is worth.")
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
    names = 2 + has_machines(test)
    with progress_bar("Training", STEPS + names * replicates) as step:
        learned = learn(examples, split, features, seed, step)
        compared = populations(test, learned, in_use)
        rows = [
            row
            for population in compared
            for row in compare(
                population,
                learned.base_rate,
                replicates,
                seed,
                step,
            )
        ]

    against = reasons_against(rows)
    if is_in_use(folder, learned):
        console.print("This is the model in use already: nothing to install.\n")
        describe(examples, split, learned)
        print_comparison(rows)
        return
    is_installed = force or not against
    target = folder if is_installed else folder / "candidate"
    write_model(
        target,
        learned.trained,
        rows,
        curves(compared[0]),
        card(examples, split, learned, seed),
    )
    write_plot(target / artefact.PLOT, compared[0])
    if is_installed:
        why = "by --force" if against else "as its log loss is below the rules'"
        console.print(
            f"Installed in {short_path(folder)} as {learned.trained.version()}"
            f" after {perf_counter() - started:.0f} s, {why}: the next `dbt build`"
            f" scores with it. The plot is {short_path(target / artefact.PLOT)}.\n",
            markup=False,
        )
    else:
        console.print(
            f"Not installed: {'; '.join(against)}. It lies in {short_path(target)};"
            " --force installs it all the same.\n",
            markup=False,
        )
    describe(examples, split, learned)
    print_comparison(rows)


def describe(examples: Examples, split: Split, learned: Learned) -> None:
    """Print what was learned from what, and how."""
    chosen = learned.settings
    console.print(
        f"Learned from {split.training.sum():,} examples of"
        f" {', '.join(str(day) for day in split.training_dates)}"
        f" ({examples.is_converted[split.training].sum():,.0f} converted within"
        f" {learned.trained.outcome.horizon_days} days),"
        f" {len(examples.features.columns)} features. Judged on"
        f" {', '.join(str(day) for day in split.test_dates)}. XGBoost:"
        f" {chosen.rounds} trees of depth {chosen.parameters['max_depth']}. Best single"
        f" feature: {learned.single_feature}.\n",
        markup=False,
    )
