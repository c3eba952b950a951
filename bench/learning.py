"""Measure what model and proposed points recover of worlds whose truth is known.

    python bench/learning.py
    python bench/learning.py --users 20000 --seeds 1 2 3 4 5
    python bench/learning.py --households ../shared/data/complete_journey

Each seed is a world of its own: drawn, built, learned from its earlier snapshots.
Printed is (AUC - 0.5) / (ceiling - 0.5) against the true probabilities, so that the
luck of the draw is out, and whether the probabilities can be taken at their word. Some
minutes a seed; no part of the tests. With --households, the public data of
examples/complete_journey instead, judged on its three later months.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from datetime import date
from pathlib import Path
from statistics import median

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import numpy as np  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402

from conftest import Scratch, last_lines  # noqa: E402
from pointwise.commands.train import feature_definitions  # noqa: E402
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.errors import PointwiseError  # noqa: E402
from pointwise.core.published import connect  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402
from pointwise.learning.bootstrap import interval, weights_over_users  # noqa: E402
from pointwise.learning.examples import read_examples, with_truth  # noqa: E402
from pointwise.learning.metrics import Judge, auc, ranking  # noqa: E402
from pointwise.learning.models import fit_curve  # noqa: E402
from pointwise.learning.panel import Rule, read_rules, scores, times_fired  # noqa: E402
from pointwise.learning.proposal import propose  # noqa: E402
from pointwise.learning.split import split_by_time, user_folds  # noqa: E402
from pointwise.learning.training import LOGISTIC, MODEL, RULES, learn  # noqa: E402
from pointwise.synthetic.outcomes import EFFECTS  # noqa: E402

EXAMPLE = PROJECT / "examples" / "complete_journey"
TEST_FROM = date(2017, 9, 30)
FOLDS = 5
REPLICATES = 200


def order_kept(rules: list[Rule]) -> float:
    """Return the rank correlation of points with the planted effects they stand for."""
    effects = {(item.feature, item.equals): item.log_odds for item in EFFECTS}
    pairs = [
        (rule.most_points, effects[rule.feature, rule.equals])
        for rule in rules
        if (rule.feature, rule.equals) in effects
    ]
    return float(spearmanr(*zip(*pairs, strict=True)).statistic)


def quality(score: np.ndarray, label: np.ndarray) -> float:
    """Return the AUC of a score; the label may be the true probability."""
    return auc(ranking(score), label, np.ones(len(label)))


def measure_world(scratch: Scratch, users: int, seed: int) -> dict[str, float]:
    """Draw a world, build it, learn from it; return its figures."""
    arguments = ("--users", str(users), "--seed", str(seed))
    drawn = scratch.pointwise("generate", *arguments, "--out", scratch.folder)
    if drawn.returncode:
        raise PointwiseError(last_lines(drawn))
    scratch.build("--exclude-resource-type", "unit_test")
    with connect() as connection:
        rules, features = read_rules(connection), feature_definitions(connection)
        examples = with_truth(read_examples(connection), scratch.folder / "truth")
    split = split_by_time(examples)
    training, test = examples.rows(split.training), examples.rows(split.test)
    learned = learn(examples, split, features, 42, lambda: None)
    proposed = propose(rules, training, 2, 42).rules
    ceiling = quality(test.probability, test.probability)
    by_model = {
        RULES: test.score,
        LOGISTIC: learned.predictions[LOGISTIC],
        MODEL: learned.predictions[MODEL],
        "proposed points": scores(proposed, times_fired(rules, test.features)),
    }
    judge = Judge(learned.predictions[MODEL], test.is_converted, learned.base_rate)
    figures = judge.figures(np.ones(len(test.user_id)))
    drawn = weights_over_users(test.user_id, REPLICATES, seed)
    skill_low, skill_high = interval([judge.brier_skill(weight) for weight in drawn])
    return {
        "ceiling": ceiling,
        **{
            f"{model}, of the ceiling": (quality(score, test.probability) - 0.5)
            / (ceiling - 0.5)
            for model, score in by_model.items()
        },
        "order of effects, default points": order_kept(rules),
        "order of effects, proposed points": order_kept(proposed),
        "calibration slope": figures["calibration_slope"],
        "top tenth, predicted ÷ observed": figures["top_tenth_predicted_by_observed"],
        "Brier skill": figures["brier_skill"],
        "Brier skill, 95 % from": skill_low,
        "Brier skill, 95 % to": skill_high,
    }


def measure_households(scratch: Scratch, data: Path) -> dict[str, float]:
    """Learn from the households of Complete Journey; return AUC by group and model."""
    scratch.environment |= {
        "POINTWISE_EVENTS": str(data / "events.parquet"),
        "POINTWISE_USERS": str(data / "demographics.parquet"),
        "POINTWISE_CONTROL": str(EXAMPLE),
    }
    variables = (EXAMPLE / "vars.json").read_text()
    scratch.build("--exclude-resource-type", "unit_test", "--vars", variables)
    with connect() as connection:
        rules, features = read_rules(connection), feature_definitions(connection)
        examples = read_examples(connection)
    split = split_by_time(examples, TEST_FROM)
    training, test = examples.rows(split.training), examples.rows(split.test)
    learned = learn(examples, split, features, 42, lambda: None)
    counts = times_fired(rules, test.features)
    proposed = scores(propose(rules, training, 2, 42).rules, counts)
    disjoint = np.empty(len(counts))
    fold, asked = (user_folds(part.user_id, FOLDS) for part in (training, test))
    for number in range(FOLDS):
        kept = training.rows(fold != number)
        others = propose(rules, kept, 2, 42).rules
        # Points of one fold are not worth those of another: compare probabilities.
        score = scores(others, times_fired(rules, kept.features)).astype(float)
        curve = fit_curve(score, kept.is_converted)
        disjoint[asked == number] = curve.probability(
            scores(others, counts[asked == number]).astype(float)
        )
    everyone = np.ones(len(counts), bool)
    targeted = test.features["campaigns_180d"].to_numpy() > 0
    judged = [
        ("points by hand", test.score, everyone),
        ("points by hand, targeted households", test.score, targeted),
        ("proposed points", proposed, everyone),
        ("proposed points, other households", disjoint, everyone),
        ("proposed points, targeted households", proposed, targeted),
        ("logistic", learned.predictions[LOGISTIC], everyone),
        ("xgboost", learned.predictions[MODEL], everyone),
        ("xgboost, other households", learned.of_other_users[MODEL], everyone),
        ("xgboost, targeted households", learned.predictions[MODEL], targeted),
    ]
    return {
        name: quality(score[rows], test.is_converted[rows])
        for name, score, rows in judged
    }


def main() -> None:
    """Read the command line, measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=int, default=20_000, help="of a world (20000)")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5], help="(1 2 3 4 5)"
    )
    parser.add_argument(
        "--households", type=Path, help="folder of the Complete Journey instead"
    )
    arguments = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for seed in [0] if arguments.households else arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Scratch(Path(folder))
            os.environ["POINTWISE_PUBLISHED"] = str(scratch.published)
            if arguments.households:
                found["AUC"] = measure_households(scratch, arguments.households)
            else:
                world = measure_world(scratch, arguments.users, seed)
                found[f"seed {seed}"] = world
    if len(found) > 1:
        figures = next(iter(found.values()))
        found["median"] = {
            name: median(world[name] for world in found.values()) for name in figures
        }
    print_table(
        "What is learned",
        ["", *found],
        [
            [name, *(f"{world[name]:.3f}" for world in found.values())]
            for name in next(iter(found.values()))
        ],
        right=list(found),
    )


if __name__ == "__main__":
    run(main)
