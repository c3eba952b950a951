"""Propose points for the rules from what users did who convert.

    pointwise propose
    pointwise propose --test-from 2026-05-25 --out /tmp/proposed.csv

Reads what the last `dbt build` published, and fits whole points to the earlier
snapshots: the same rules, groups and caps, no rule against its sign, each shrunk to its
points in the panel. Other points are proposed only if people who were left out favour
them, and never if the later snapshots show a loss. Bands are moved so that each keeps
its size. Nothing is adopted: compare the proposed files with yours, and copy what you
agree with.
"""

from __future__ import annotations

from datetime import date
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import click
import duckdb
import numpy as np

from pointwise.core.command_line import PATH, command
from pointwise.core.errors import PointwiseError
from pointwise.core.home import path_setting
from pointwise.core.panel.edited import Edits, edited_text
from pointwise.core.panel.reader import decoded
from pointwise.core.published import connect, short_path
from pointwise.core.statistics.intervals import design_effect, wilson
from pointwise.core.terminal import console, print_table
from pointwise.core.words import counted
from pointwise.learning.bands import (
    Band,
    in_bands,
    kept_sizes,
    moved_too_much,
    read_bands,
    sizes,
)
from pointwise.learning.effects import Effect, meaning, read_effects
from pointwise.learning.examples import Examples, read_examples
from pointwise.learning.gain import Gain, gain
from pointwise.learning.options import learning_options
from pointwise.learning.panel import Rule, read_rules, scores, times_fired
from pointwise.learning.proposal import FAVOURED, Evidence, Proposal, propose
from pointwise.learning.split import Split, split_by_time


def verdict(proposal: Proposal, found: Gain, off: str) -> tuple[bool, str]:
    """Return whether the points are worth writing, and why, in a sentence."""
    if not proposal.is_favoured:
        return False, (
            "No other points are proposed: people who were left out of the fit favour"
            f" them by {proposal.favour:.1f} standard errors, of {FAVOURED:g} needed."
        )
    if found.high < 0:
        return False, (
            "No other points are proposed: on later snapshots they rank worse"
            f" ({found.text()})."
        )
    if off:
        return False, (
            f"No other points are proposed: the size of {off} would change by more than"
            " a fifth wherever the band begins."
        )
    changed = sum(item.old != item.new for item in proposal.evidence)
    said = "they rank better" if found.low > 0 else "neither gain nor loss is shown"
    return True, (
        f"Other points are proposed for {counted(changed, 'rule')}: people who were"
        f" left out of the fit favour them, and on later snapshots {said}"
        f" ({found.text()})."
    )


def line(found: Evidence) -> list[object]:
    """Return what is proposed for a rule, as a line of the table."""
    old, new = found.old, found.new
    limits = f"{found.low} to {found.high}"
    return [
        old.label,
        points_text(old),
        points_text(new) if points_text(new) != points_text(old) else "",
        limits if found.has_enough_data else "not enough data",
        f"{found.examples:,}",
        f"{100 * found.rate:.1f} %" if found.examples else "",
    ]


def points_text(rule: Rule) -> str:
    """Return the points of a rule as people say them."""
    if rule.per is None or rule.max_points is None or rule.points == 0:
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


def print_rules(proposal: Proposal, training: Examples, dates: list[date]) -> None:
    """Print what is proposed for each rule, and what held it back."""
    print_table(
        f"Points by {len(training.user_id):,} examples of {', '.join(map(str, dates))},"
        f" of which {100 * training.is_converted.mean():.1f} % converted",
        ["rule", "points", "proposed", "95 % interval", "examples", "converted"],
        [line(found) for found in proposal.evidence],
        right=["points", "proposed", "95 % interval", "examples", "converted"],
    )
    for found in proposal.evidence:
        if found.held_back is not None:
            console.print(
                f"{found.old.label}: worth {found.held_back} points, held back by the"
                f" cap of its group {found.old.group_label or found.old.rule_group},"
                f" {found.old.group_max_points}.",
                markup=False,
            )
    for bound in proposal.bounds:
        console.print(
            f"{bound.label}: its rules are worth up to {bound.worth} points together,"
            f" held back by its cap, {bound.cap}, in"
            f" {counted(bound.examples, 'example')}.",
            markup=False,
        )
    console.print(doubling_text(*proposal.doubling, proposal.is_favoured))


def doubling_text(before: float, after: float, is_favoured: bool) -> str:
    """Return how many points double the odds, of the panel and of a proposal."""
    proposed = f", {after:.1f} of the proposed ones" if is_favoured else ""
    if np.isnan(before):
        return (
            "A higher score does not mean that more people convert: no number of points"
            f" of the panel doubles the odds{proposed}."
        )
    return f"{before:.1f} points of the panel double the odds of converting{proposed}."


def print_bands(
    old: list[Band],
    new: list[Band],
    scores: tuple,
    test: np.ndarray,
    examples: Examples,
) -> None:
    """Print sizes of the bands and what they convert at, before and after.

    `scores` has those by panel and proposal of all examples, `test` says which are
    later ones.
    """
    user_ids, label = examples.user_id, examples.is_converted
    rows = []
    for position, (band, other) in enumerate(zip(old, new, strict=True)):
        cells: list[object] = [band.band, f"{band.min_score} to {other.min_score}"]
        inside = [
            in_bands(bands, score) == position
            for bands, score in zip((old, new), scores, strict=True)
        ]
        cells.append(" to ".join(f"{rows_in.sum():,}" for rows_in in inside))
        cells += [
            rate_text(user_ids[rows_in & test], label[rows_in & test])
            for rows_in in inside
        ]
        rows.append(cells)
    columns = ["band", "begins at", "examples", "converted later", "proposed"]
    print_table(
        "\nBands: as many in each as before, and what later ones converted at",
        columns,
        rows,
        right=columns[1:],
    )


def rate_text(user_ids: np.ndarray, label: np.ndarray) -> str:
    """Return the share that converted, with its 95 % interval by person."""
    if not len(label):
        return "nobody"
    person = np.unique(user_ids, return_inverse=True)[1]
    effect = design_effect(np.bincount(person), np.bincount(person, label))
    low, high = wilson(
        np.array([label.sum()]) / effect, np.array([len(label)]) / effect
    )
    return f"{100 * label.mean():.1f} % [{100 * low[0]:.1f}-{100 * high[0]:.1f}]"


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
        ["experiment", "arm", "band", "users", "effect, % points", "interval"],
        [
            [
                *found[:3],
                f"{found.users:,}",
                f"{100 * found.estimate:+.1f}",
                limits(found),
            ]
            for found in effects
        ],
        right=["users", "effect, % points", "interval"],
    )
    for _, arm in groupby(effects, key=lambda found: found[:2]):
        console.print(meaning(list(arm)), markup=False)
    console.print(
        "The points below are fitted to who converts, and not changed by this. The"
        " intervals of an experiment hold together, 95 % sure.\n"
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


def write_edited(name: str, edits: Edits, out: Path) -> str:
    """Write a file of the panel with other cells; return how to compare it."""
    panel_file = path_setting("POINTWISE_CONTROL") / f"{name}.csv"
    text = decoded(panel_file.read_bytes()) or ""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(edited_text(name, text, edits).encode("utf-8"))
    return f"  git diff --no-index {short_path(panel_file)} {short_path(out)}"


class Proposed(NamedTuple):
    """Points and bands that are proposed, and whether they are worth it, in words."""

    is_worth: bool
    said: str
    proposal: Proposal
    bands: list[Band]
    moved: list[Band]
    scores: tuple[np.ndarray, np.ndarray]
    split: Split
    examples: Examples

    def edits(self) -> dict[str, Edits]:
        """Return the cells of the panel that are proposed, by file."""
        bands = {(band.band, "min_score"): str(band.min_score) for band in self.moved}
        rules = points_of(self.proposal.rules)
        return {"scoring_rules": rules, "score_bands": bands}


def proposed(
    connection: duckdb.DuckDBPyConnection,
    test_from: date | None,
    seed: int,
    replicates: int,
) -> Proposed:
    """Return what is proposed by the published examples.

    Raises PointwiseError if there are too few, or they are of other rules.
    """
    rules, bands = read_rules(connection), read_bands(connection)
    examples = read_examples(connection)
    check_scores(rules, examples)
    split = split_by_time(examples, test_from)
    test = examples.rows(split.test)
    proposal = propose(rules, examples.rows(split.training))
    counts = times_fired(rules, examples.features)
    old, new = scores(rules, counts), scores(proposal.rules, counts)
    moved = kept_sizes(bands, old, new)
    off = moved_too_much(bands, sizes(bands, old), sizes(moved, new))
    found = gain(
        *(old[split.test], new[split.test]),
        *(test.user_id, test.is_converted, replicates, seed),
    )
    is_worth, said = verdict(proposal, found, off)
    return Proposed(is_worth, said, proposal, bands, moved, (old, new), split, examples)


@command(__doc__)
@learning_options(replicates=200)
@click.option(
    "--out",
    type=PATH,
    help="The file to write (model/proposed/scoring_rules.csv); score_bands.csv goes"
    " beside it.",
)
def main(test_from: date | None, seed: int, replicates: int, out: Path | None) -> None:
    """Propose points, print them with their evidence and gain, and write the files."""
    panel = path_setting("POINTWISE_CONTROL")
    out = out or path_setting("POINTWISE_MODEL") / "proposed/scoring_rules.csv"
    bands_out = out.with_name("score_bands.csv")
    for file in (out, bands_out):
        if any(file.exists() and file.samefile(seed) for seed in panel.glob("*.csv")):
            raise PointwiseError(
                f"{file} is the panel itself: name a file in another folder in --out"
            )
    with connect() as connection:
        effects = read_effects(connection)
        found = proposed(connection, test_from, seed, replicates)
    split, examples = found.split, found.examples
    test = examples.is_converted[split.test]
    console.print(
        f"{found.said} Judged on {split.test.sum():,} examples of"
        f" {', '.join(str(day) for day in split.test_dates)},"
        f" {test.sum():,.0f} converted.\n",
        markup=False,
    )
    print_effects(effects)
    training = examples.rows(split.training)
    print_rules(found.proposal, training, split.training_dates)
    if found.proposal.is_favoured:
        print_bands(found.bands, found.moved, found.scores, split.test, examples)
    if not found.is_worth:
        console.print("\nNo file is written.")
        return
    compare = [
        write_edited(name, edits, file)
        for (name, edits), file in zip(
            found.edits().items(), (out, bands_out), strict=True
        )
    ]
    console.print(
        f"\nWrote {short_path(out)} and {bands_out.name} beside it; nothing is adopted"
        " yet, and the points need the bands. Compare:",
        markup=False,
    )
    console.print("\n".join(compare), markup=False, soft_wrap=True)
