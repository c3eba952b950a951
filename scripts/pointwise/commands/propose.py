"""Propose points for the rules from what users did who convert.

    pointwise propose
    pointwise propose --test-from 2026-05-25 --out /tmp/proposed.csv

Reads what the last `dbt build` published, and fits whole points to the earlier
snapshots: the same rules, groups and caps, no rule against its sign, rules drawn
towards their points in the panel and attributes towards nothing. The later snapshots
tell what is gained. Nothing is adopted: compare the proposed file with yours, and copy
what you agree with.
"""

from __future__ import annotations

from datetime import date
from itertools import groupby
from pathlib import Path

import click
import numpy as np

from pointwise.core.command_line import PATH, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.panel.edited import edited_text
from pointwise.core.panel.reader import decoded
from pointwise.core.published import connect, short_path
from pointwise.core.terminal import console, print_table
from pointwise.learning.bootstrap import interval, weights_over_users
from pointwise.learning.effects import Effect, meaning, read_effects
from pointwise.learning.examples import Examples, read_examples
from pointwise.learning.metrics import auc, ranking
from pointwise.learning.options import learning_options
from pointwise.learning.panel import Rule, read_rules, scores, times_fired
from pointwise.learning.proposal import Evidence, propose
from pointwise.learning.split import split_by_time


def gain(
    old: np.ndarray, new: np.ndarray, test: Examples, replicates: int, seed: int
) -> tuple[float, float, float, float]:
    """Return both AUC on the test examples, and the interval of their difference."""
    label = test.is_converted
    rankings = [ranking(score) for score in (old, new)]
    differences = []
    for weight in weights_over_users(test.user_id, replicates, seed):
        before, after = (auc(ranked, label, weight) for ranked in rankings)
        differences.append(after - before)
    before, after = (auc(ranked, label, np.ones(len(label))) for ranked in rankings)
    return before, after, *interval(differences)


def line(found: Evidence) -> list[object]:
    """Return what is proposed for a rule, as a line of the table."""
    old, new = found.old, found.new
    interval_text = f"{found.low:.0f} to {found.high:.0f}"
    return [
        old.label,
        points_text(old),
        points_text(new) if points_text(new) != points_text(old) else "",
        interval_text if found.has_enough_data else "not enough data",
        f"{found.examples:,}",
        f"{100 * found.rate:.1f} %" if found.examples else "",
    ]


def points_text(rule: Rule) -> str:
    """Return the points of a rule as people say them."""
    if rule.per is None or rule.max_points is None:
        return str(rule.points)
    return f"{rule.points} to {rule.max_points}"


def points_of(rules: list[Rule]) -> dict[tuple[str, str], str]:
    """Return the points of rules as cells of scoring_rules.csv."""
    return {
        (rule.rule, column): str(value)
        for rule in rules
        for column, value in (("points", rule.points), ("max_points", rule.max_points))
        if value is not None
    }


def limits(found: Effect) -> str:
    """Return the limits of an effect in percentage points."""
    if found.lower is None or found.upper is None:
        return "too few conversions"
    return f"{100 * found.lower:+.1f} to {100 * found.upper:+.1f}"


def print_effects(effects: list[Effect]) -> None:
    """Print what finished experiments found by band, and what it says of the points."""
    if not effects:
        return
    print_table(
        "Does acting on a score pay? Finished experiments by band",
        ["experiment", "arm", "band", "users", "effect, % points", "95 % interval"],
        [
            [
                *found[:3],
                f"{found.users:,}",
                f"{100 * found.estimate:+.1f}",
                limits(found),
            ]
            for found in effects
        ],
        right=["users", "effect, % points", "95 % interval"],
    )
    for _, arm in groupby(effects, key=lambda found: found[:2]):
        console.print(meaning(list(arm)), markup=False)
    console.print(
        "The points below are fitted to who converts, and not changed by this. Of many"
        " bands one shows an effect by chance.\n"
    )


def check_scores(rules: list[Rule], examples: Examples) -> None:
    """Stop if scores as computed here are not those of the build.

    Raises PointwiseError if they differ for any example.
    """
    here = scores(rules, times_fired(rules, examples.features))
    if apart := int((here != examples.score).sum()):
        raise PointwiseError(
            f"{apart:,} of {len(here):,} published scores are not those of the"
            " published rules: run `dbt build` again"
        )


@command(__doc__)
@learning_options(replicates=50)
@click.option(
    "--out", type=PATH, help="The file to write (model/proposed/scoring_rules.csv)."
)
def main(test_from: date | None, seed: int, replicates: int, out: Path | None) -> None:
    """Propose points, print them with their evidence and gain, and write the file."""
    panel_file = path_setting("POINTWISE_CONTROL") / "scoring_rules.csv"
    out = out or path_setting("POINTWISE_MODEL") / "proposed/scoring_rules.csv"
    if out.exists() and panel_file.exists() and out.samefile(panel_file):
        raise PointwiseError(f"{out} is the panel itself: name another file in --out")
    with connect() as connection:
        rules = read_rules(connection)
        examples = read_examples(connection)
        effects = read_effects(connection)
    check_scores(rules, examples)
    split = split_by_time(examples, test_from)
    training, test = examples.rows(split.training), examples.rows(split.test)
    proposal = propose(rules, training, replicates, seed)

    print_effects(effects)
    print_table(
        f"Points by {split.training.sum():,} examples of"
        f" {', '.join(str(day) for day in split.training_dates)}, of which"
        f" {100 * training.is_converted.mean():.1f} % converted",
        ["rule", "points", "proposed", "95 % interval", "examples", "converted"],
        [line(found) for found in proposal.evidence],
        right=["points", "proposed", "95 % interval", "examples", "converted"],
    )
    counts = times_fired(rules, test.features)
    old, new = scores(rules, counts), scores(proposal.rules, counts)
    before, after, low, high = gain(old, new, test, 200, seed)
    console.print(
        f"\nOn {split.test.sum():,} later examples of"
        f" {', '.join(str(day) for day in split.test_dates)}"
        f" ({test.is_converted.sum():,.0f} converted) the AUC goes from {before:.4f} to"
        f" {after:.4f}: {after - before:+.4f} [{low:+.4f} to {high:+.4f}].",
        markup=False,
    )
    if low <= 0:
        console.print("The interval holds 0: it may be no gain at all.")

    text = decoded(panel_file.read_bytes()) or ""
    out.parent.mkdir(parents=True, exist_ok=True)
    proposed = edited_text("scoring_rules", text, points_of(proposal.rules))
    out.write_bytes(proposed.encode("utf-8"))
    console.print(
        f"\nWrote {short_path(out)}; nothing is adopted yet. Compare:\n"
        f"  git diff --no-index {short_path(panel_file)} {short_path(out)}",
        markup=False,
        soft_wrap=True,
    )
