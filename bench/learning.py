"""Measure what model and proposed points recover of worlds whose truth is known.

    python bench/learning.py
    python bench/learning.py --users 20000 --seeds 1 2 3 4 5
    python bench/learning.py --positives 20 50 130 1350 --seeds 1 --draws 50
    python bench/learning.py --households ../shared/data/complete_journey

Each seed is a world of its own: drawn, built, learned from its earlier snapshots.
Printed is (AUC - 0.5) / (ceiling - 0.5) against the true probabilities, so that the
luck of the draw is out, and whether the probabilities can be trusted. Some
minutes a seed; no part of the tests. With --positives, people of one world are
redrawn each time, labels too, until that many examples convert: is a proposal
ever worse than the panel, and do its intervals cover? Beside it stands plain ridge
regression towards the panel, rounded, proposed always. With --households, the public
data of examples/complete_journey instead, judged on its three later months.
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
from pointwise.learning.bands import (  # noqa: E402
    kept_sizes,
    moved_too_much,
    read_bands,
    sizes,
)
from pointwise.learning.bootstrap import interval, weights_over_users  # noqa: E402
from pointwise.learning.examples import (  # noqa: E402
    Examples,
    read_examples,
    with_truth,
)
from pointwise.learning.installed import LEARNERS, LOGISTIC, TREES  # noqa: E402
from pointwise.learning.joint import fit, most_of, shares  # noqa: E402
from pointwise.learning.metrics import Judge, auc, ranking  # noqa: E402
from pointwise.learning.models import fit_curve  # noqa: E402
from pointwise.learning.panel import Rule, read_rules, scores, times_fired  # noqa: E402
from pointwise.learning.proposal import fitted, propose  # noqa: E402
from pointwise.learning.split import split_by_time, user_folds  # noqa: E402
from pointwise.learning.training import RULES, learn  # noqa: E402
from pointwise.learning.whole import with_most  # noqa: E402
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


def build_world(scratch: Scratch, users: int, seed: int) -> None:
    """Draw a world, and build it."""
    arguments = ("--users", str(users), "--seed", str(seed))
    drawn = scratch.pointwise("generate", *arguments, "--out", scratch.folder)
    if drawn.returncode:
        raise PointwiseError(last_lines(drawn))
    scratch.build("--exclude-resource-type", "unit_test")


def signs(rules: list[Rule]) -> list[tuple[float | None, float | None]]:
    """Return the bounds that keep the sign of each rule."""
    return [(0, None) if rule.points > 0 else (None, 0) for rule in rules]


def drawn_examples(training: Examples, positives: int, seed: int) -> Examples:
    """Return examples of enough people that `positives` convert, labels redrawn."""
    random = np.random.default_rng(seed)
    person = np.unique(training.user_id, return_inverse=True)[1]
    label = (random.random(len(person)) < training.probability).astype(float)
    taken = random.random(person.max() + 1) < min(positives / label.sum(), 1)
    chosen = training._replace(is_converted=label)
    return chosen.rows(taken[person])


def measure_proposals(scratch: Scratch, positives: int, draws: int) -> dict[str, float]:
    """Propose points for many drawings of a world, and hold them to its truth."""
    with connect() as connection:
        rules, bands = read_rules(connection), read_bands(connection)
        examples = with_truth(read_examples(connection), scratch.folder / "truth")
    split = split_by_time(examples)
    training, test = examples.rows(split.training), examples.rows(split.test)
    later = times_fired(rules, test.features)
    ceiling = quality(test.probability, test.probability)

    def share(by: list[Rule]) -> float:
        auc_of = quality(scores(by, later), test.probability)
        return (auc_of - 0.5) / (ceiling - 0.5)

    columns = shares(rules, times_fired(rules, training.features))
    nothing = np.zeros(len(rules))
    truth = fit(columns, training.probability, nothing, 1e-6, signs(rules))[1:]
    panel, found, ridge = share(rules), [], []
    covered, outside, made, off = [], 0, 0, 0
    for seed in range(draws):
        part = drawn_examples(training, positives, seed)
        proposal = propose(rules, part)
        found.append(share(proposal.rules))
        made += proposal.is_favoured
        counts = times_fired(rules, part.features)
        whole, scale, _ = fitted(rules, counts, part.is_converted)
        values = fit(
            shares(rules, counts), part.is_converted, scale.panel, 1.0, signs(rules)
        )[1:]
        pairs = zip(rules, values, strict=True)
        ridge.append(
            share(
                [with_most(rule, round(value / scale.slope)) for rule, value in pairs]
            )
        )
        for item, value in zip(proposal.evidence, truth, strict=True):
            if item.has_enough_data:
                worth = np.clip(value / whole.slope, *most_of(item.old))
                covered.append(item.low <= worth <= item.high)
                is_outside = not item.low <= item.new.most_points <= item.high
                outside += item.new != item.old and is_outside
        score = [scores(by, counts) for by in (rules, proposal.rules)]
        moved = kept_sizes(bands, *score)
        before, after = sizes(bands, score[0]), sizes(moved, score[1])
        off += bool(moved_too_much(bands, before, after))
    worse = sum(value < panel - 0.01 for value in found)
    return {
        "panel, share of the ceiling": panel,
        "proposal, or the panel where none is made": float(np.mean(found)),
        "ridge and rounding, always": float(np.mean(ridge)),
        "proposals made": made / draws,
        "of these worse by 0.01": worse / max(made, 1),
        "ridge worse by 0.01": float(np.mean(np.array(ridge) < panel - 0.01)),
        "intervals that cover": float(np.mean(covered)),
        "proposed numbers outside their interval": outside,
        "proposals whose bands cannot keep their size": off / draws,
    }


def measure_world(scratch: Scratch, users: int, seed: int) -> dict[str, float]:
    """Draw a world, build it, learn from it; return its figures."""
    build_world(scratch, users, seed)
    with connect() as connection:
        rules, features = read_rules(connection), feature_definitions(connection)
        examples = with_truth(read_examples(connection), scratch.folder / "truth")
    split = split_by_time(examples)
    training, test = examples.rows(split.training), examples.rows(split.test)
    learned = learn(examples, split, features, 42, lambda: None)
    proposed = propose(rules, training).rules
    ceiling = quality(test.probability, test.probability)
    by_model = {
        RULES: test.score,
        **{name: learned.predictions[name] for name in LEARNERS},
        "proposed points": scores(proposed, times_fired(rules, test.features)),
    }
    taken = learned.predictions[learned.learner]
    judge = Judge(taken, test.is_converted, learned.base_rate)
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
    proposed = scores(propose(rules, training).rules, counts)
    disjoint = np.empty(len(counts))
    fold, asked = (user_folds(part.user_id, FOLDS) for part in (training, test))
    for number in range(FOLDS):
        kept = training.rows(fold != number)
        others = propose(rules, kept).rules
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
        ("xgboost", learned.predictions[TREES], everyone),
        ("xgboost, other households", learned.of_other_users[TREES], everyone),
        ("xgboost, targeted households", learned.predictions[TREES], targeted),
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
    parser.add_argument(
        "--positives", type=int, nargs="+", help="hold proposals of such sizes to truth"
    )
    parser.add_argument("--draws", type=int, default=50, help="of each size (50)")
    arguments = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    for seed in [0] if arguments.households else arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Scratch(Path(folder))
            os.environ["POINTWISE_PUBLISHED"] = str(scratch.published)
            if arguments.positives:
                build_world(scratch, arguments.users, seed)
                for size in arguments.positives:
                    found[f"{size} positives, seed {seed}"] = measure_proposals(
                        scratch, size, arguments.draws
                    )
            elif arguments.households:
                found["AUC"] = measure_households(scratch, arguments.households)
            else:
                world = measure_world(scratch, arguments.users, seed)
                found[f"seed {seed}"] = world
    if len(found) > 1 and not arguments.positives:
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
