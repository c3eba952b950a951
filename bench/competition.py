"""Measure which model wins, what that costs, and whether a moved rate is noticed.

    python bench/competition.py
    python bench/competition.py --users 20000 --seed 3 --draws 4

One world is drawn and built. Ten disjoint parts of its people, each a world of its own,
and all of them together are learned from with labels redrawn from the true
probabilities; the last snapshot is kept out altogether, as the date that is yet to
come. Printed is the regret: by how much the log loss against the true probabilities of
what is installed is above that of the best learner, all refitted; and the slope of its
calibration; and of how many people the interval of the propensity holds what people
with such a one convert at. Then outcomes of two dates are drawn with the rate as it is,
four times as high and a fourth: how often do the checks of published predictions, the
SQL of `model_checks`, fail? A quarter of an hour; no part of the tests.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import duckdb  # noqa: E402
import numpy as np  # noqa: E402
from learning import build_world  # noqa: E402
from scipy.optimize import brentq  # noqa: E402

from conftest import Scratch, last_lines  # noqa: E402
from pointwise.commands.train import (  # noqa: E402
    ALL,
    feature_definitions,
    populations,
    reasons_against,
)
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.errors import PointwiseError  # noqa: E402
from pointwise.core.published import connect  # noqa: E402
from pointwise.core.statistics.intervals import QUANTILE  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402
from pointwise.learning import artefact, models  # noqa: E402
from pointwise.learning.checks import LEAST, MOST, checks_of  # noqa: E402
from pointwise.learning.comparison import compare  # noqa: E402
from pointwise.learning.encoding import encode  # noqa: E402
from pointwise.learning.examples import (  # noqa: E402
    Examples,
    read_examples,
    with_truth,
)
from pointwise.learning.installed import LEARNERS  # noqa: E402
from pointwise.learning.metrics import calibration, log_odds, sigmoid  # noqa: E402
from pointwise.learning.split import split_by_time  # noqa: E402
from pointwise.learning.training import RULES, learn, refitted  # noqa: E402

PARTS = 10
MOVES = {"as it is": 1.0, "four times": 4.0, "a fourth": 0.25}
LOOKS = 5  # Drawings of what follows, for each model.


def redrawn(examples: Examples, seed: int) -> Examples:
    """Return the examples with labels redrawn from their true probabilities."""
    random = np.random.default_rng(seed)
    label = random.random(len(examples.user_id)) < examples.probability
    return examples._replace(is_converted=label.astype(float))


def true_loss(probability: np.ndarray, truth: np.ndarray) -> float:
    """Return the expected log loss over all outcomes that might have been drawn."""
    found = np.clip(probability, 1e-13, 1 - 1e-13)
    return float(-(truth * np.log(found) + (1 - truth) * np.log(1 - found)).mean())


class Found:
    """What one learning gave: the winner, its regret, its slope, what it predicts."""

    def __init__(self, examples: Examples, features: dict, seed: int) -> None:
        dates = np.unique(examples.as_of_date)
        known = redrawn(examples.rows(examples.as_of_date < dates[-1]), seed)
        self.next = examples.rows(examples.as_of_date == dates[-1])
        split = split_by_time(known)
        learned = learn(known, split, features, 42, lambda: None)
        rivals = {}
        for name in LEARNERS:
            trained = refitted(
                name, known, features, learned.settings, learned.strength
            )
            encoded = encode(self.next.features, trained.columns)
            rivals[name] = sigmoid(trained.model.margin(encoded))
        curve = models.fit_curve(known.score, known.is_converted)
        rivals[RULES] = curve.probability(self.next.score)
        truth = self.next.probability
        losses = {name: true_loss(found, truth) for name, found in rivals.items()}
        self.winner, self.probability = learned.learner, rivals[learned.learner]
        test = known.rows(split.test)
        judged = populations(test, learned, None)[0]
        judged = judged._replace(
            predictions={self.winner: learned.predictions[self.winner]}
        )
        rows = compare(judged, learned.base_rate, 200, 42, lambda: None)
        checks = checks_of(rows, ALL, self.winner)
        self.is_installed = not reasons_against(test, learned, None, checks)
        self.best = min(LEARNERS, key=losses.get)
        self.regret = losses[self.winner] - losses[self.best]
        used = self.winner if self.is_installed else RULES
        self.regret_of_use = losses[used] - min(losses.values())
        self.regret_by = {name: losses[name] - losses[self.best] for name in losses}
        margin = log_odds(self.probability)
        self.slope = calibration(margin, truth, np.ones(len(truth)))[0]
        self.ratio = self.probability.sum() / truth.sum()
        self.held = held(margin, truth, learned.trained.calibration)


def held(margin: np.ndarray, truth: np.ndarray, calibration: list[float]) -> float:
    """Return of how many people the interval holds what their twentieth converts at.

    As in `user_propensity`, if dates do not differ.
    """
    intercept, slope, *variances = calibration
    half = QUANTILE * np.sqrt(
        variances[0] + 2 * variances[1] * margin + variances[2] * margin**2
    )
    low = sigmoid(np.minimum(margin, intercept + slope * margin) - half)
    high = sigmoid(np.maximum(margin, intercept + slope * margin) + half)
    parts = np.array_split(np.argsort(margin, kind="stable"), 20)
    return float(
        np.mean(
            [
                low[part].mean() <= truth[part].mean() <= high[part].mean()
                for part in parts
            ]
        )
    )


def moved(probability: np.ndarray, factor: float) -> np.ndarray:
    """Return probabilities of odds so shifted that their mean is multiplied."""
    margin, wanted = log_odds(probability), factor * probability.mean()
    shift = brentq(lambda by: sigmoid(margin + by).mean() - wanted, -20, 20)
    return sigmoid(margin + shift)


def checks_sql(scratch: Scratch) -> str:
    """Return the SQL of `model_checks` with a table of outcomes to be given."""
    folder = scratch.folder / "model"
    folder.mkdir(exist_ok=True)
    limits = {"check_name": "predicted_by_observed", "learner": "logistic"}
    limits |= {"value": 1, "low": 1, "high": 1, "least": LEAST, "most": MOST}
    limits |= {"is_passed": True, "says": ""}
    (folder / artefact.CHECKS).write_text(artefact.json_lines([limits]))
    (folder / artefact.MODEL).write_text("{}")
    scratch.environment["POINTWISE_MODEL"] = str(folder)
    result = scratch.dbt("compile", "-s", "model_checks")
    if result.returncode:
        raise PointwiseError(last_lines(result))
    (found,) = (scratch.folder / "target/compiled").rglob("model_checks.sql")
    sql = re.sub(r'(?:"\w+"\.)+"prediction_outcomes"', "outcomes", found.read_text())
    return re.sub(r"(\w+\.)?model_version = '\w*'", "true", sql)


def is_noticed(
    connection: duckdb.DuckDBPyConnection, sql: str, found: Found, seed: int, by: float
) -> tuple[bool, bool]:
    """Return whether a check fails after one date, and after one of two."""
    random = np.random.default_rng(seed)
    truth = moved(found.next.probability, by)
    connection.execute(
        "create or replace table outcomes (as_of_date date, horizon_end_date date,"
        " users bigint, predicted double, conversions bigint)"
    )
    fails = []
    for day, end in (("2026-01-05", "2026-01-19"), ("2026-01-19", "2026-02-02")):
        followed = int((random.random(len(truth)) < truth).sum())
        row = [day, end, len(truth), found.probability.sum(), followed]
        connection.execute("insert into outcomes values (?, ?, ?, ?, ?)", row)
        failed = connection.execute(
            f"select count(*) from ({sql}) where not is_passed"
        ).fetchall()[0][0]
        fails.append(failed > 0)
    return fails[0], any(fails)


def figures_of(founds: list[Found]) -> dict[str, str]:
    """Return the figures of several learnings."""
    slopes = np.array([found.slope for found in founds])
    ratios = np.array([found.ratio for found in founds])

    def mean(values: list[float]) -> str:
        return f"{np.mean(values):.5f}"

    return {
        "learnings": str(len(founds)),
        "winners": str(dict(Counter(found.winner for found in founds))),
        "truly best": str(dict(Counter(found.best for found in founds))),
        "installed": mean([f.is_installed for f in founds]),
        "regret of the winner, mean": mean([found.regret for found in founds]),
        "regret of the winner, most": f"{max(f.regret for f in founds):.5f}",
        "regret of what is used, rules too": mean([f.regret_of_use for f in founds]),
        **{
            f"regret of {name} always": mean([f.regret_by[name] for f in founds])
            for name in (*LEARNERS, RULES)
        },
        "slope, median": f"{np.median(slopes):.3f}",
        "slope, middle 80 %": " to ".join(
            f"{value:.2f}" for value in np.quantile(slopes, [0.1, 0.9])
        ),
        "predicted ÷ true, median": f"{np.median(ratios):.3f}",
        "intervals that hold": mean([found.held for found in founds]),
    }


def main() -> None:
    """Read the command line, measure, and print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=20_000, help="of a world (20000)")
    parser.add_argument("--seed", type=int, default=1, help="of the world (1)")
    parser.add_argument("--draws", type=int, default=2, help="of each part (2)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Scratch(Path(folder))
        os.environ["POINTWISE_PUBLISHED"] = str(scratch.published)
        build_world(scratch, arguments.users, arguments.seed)
        with connect() as connection:
            features = feature_definitions(connection)
            examples = with_truth(read_examples(connection), scratch.folder / "truth")
        # Not by hash, as the folds of training are: each would hold one of them.
        part = np.unique(examples.user_id, return_inverse=True)[1] % PARTS
        small = [
            Found(examples.rows(part == number), features, draw)
            for number in range(PARTS)
            for draw in range(arguments.draws)
        ]
        large = [Found(examples, features, draw) for draw in range(arguments.draws)]
        sql = checks_sql(scratch)
        noticed = {}
        with duckdb.connect() as connection:
            for name, by in MOVES.items():
                looks = [
                    is_noticed(connection, sql, found, 1000 * place + look, by)
                    for place, found in enumerate(small)
                    for look in range(LOOKS)
                ]
                noticed[name] = np.mean(looks, axis=0)
    of = [figures_of(small), figures_of(large)]
    users = [arguments.users // PARTS, arguments.users]
    names = [f"{count:,} people" for count in users]
    print_table(
        "Which model wins",
        ["", *names],
        [[figure, *(found[figure] for found in of)] for figure in of[0]],
    )
    print_table(
        f"A check of published predictions fails, of {len(small) * LOOKS} worlds of"
        f" {users[0]:,} people",
        ["rate", "after one date", "within two"],
        [
            [name, *(f"{100 * share:.0f} %" for share in shares)]
            for name, shares in noticed.items()
        ],
        right=["after one date", "within two"],
    )


if __name__ == "__main__":
    run(main)
