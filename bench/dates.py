"""Measure whether the interval for the next date of a band, or of a score, holds.

    python bench/dates.py
    python bench/dates.py --worlds 2000
    python bench/dates.py --scores 100
    python bench/dates.py --areas 400

Worlds of dates whose true rates are drawn from a beta distribution, as many users at
each date or not, and as many conversions as chance gives. The SQL of `int_cell_outlook`
states the interval for another date: how often does that date's true rate lie in it?
Beside it stands the interval that takes all dates for one (Wilson 1927). A minute; no
part of the tests.

With --scores worlds of each kind in which rates rise with the score, or do not, and
differ from date to date in their log-odds: of how many people, and of how many of
the scores from 50 on, does the interval of `score_outlook` hold the next date's rate?

With --areas worlds in which persons are examples at several dates: how often does the
interval of an AUC of all dates together hold the truth, by person as
`feature_signals` has it, and as if examples were persons?
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from itertools import product
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import duckdb  # noqa: E402
import numpy as np  # noqa: E402

from conftest import Scratch  # noqa: E402
from next_dates import (  # noqa: E402
    Persons,
    Scores,
    areas_that_hold,
    outlook_sql,
    outlooks,
    score_worlds,
    worlds_of_dates,
)
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.statistics.intervals import wilson  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402

RATES = (0.0005, 0.003, 0.01, 0.05, 0.3)
SPREADS = (0.0, 0.2, 0.5)  # Of true rates from date to date, over their mean.
USERS = (100, 2_000)
DATES = (1, 2, 4, 6, 12)


def main() -> None:
    """Read the command line, measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=1000, help="of each kind (1000)")
    parser.add_argument("--scores", type=int, help="worlds to measure scores in")
    parser.add_argument("--areas", type=int, help="worlds to measure AUCs in")
    given = parser.parse_args()
    if given.scores or given.areas:
        with tempfile.TemporaryDirectory() as folder:
            scratch = Scratch(Path(folder))
            if given.scores:
                measure_scores(scratch, given.scores)
            if given.areas:
                measure_areas(scratch, given.areas)
        return
    worlds = given.worlds
    with tempfile.TemporaryDirectory() as folder:
        sql = outlook_sql(Scratch(Path(folder)))
    rows, covered = [], []
    with duckdb.connect() as connection:
        for spread, users, dates in product(SPREADS, USERS, DATES):
            found, pooled = [], []
            for rate in RATES:
                drawn = worlds_of_dates(worlds, rate, spread, users, dates, seed=1)
                outlook = outlooks(connection, sql, drawn)
                truth = drawn.next_rate
                holds = (outlook["lower_rate"] <= truth) & (
                    truth <= outlook["upper_rate"]
                )
                found.append(holds.mean())
                low, high = wilson(
                    drawn.conversions.sum(axis=1), drawn.users.sum(axis=1)
                )
                pooled.append(((low <= truth) & (truth <= high)).mean())
            covered += found
            rows.append(
                [
                    f"{spread:.0%}, {users:,}, {dates}",
                    *(
                        f"{100 * a:.0f} ({100 * b:.0f})"
                        for a, b in zip(found, pooled, strict=True)
                    ),
                ]
            )
    names = [f"{100 * rate:g} %" for rate in RATES]
    print_table(
        "Intervals for the next date that hold, in percent (those of one date for all)",
        ["rates spread, users a date, dates", *names],
        rows,
        right=names,
    )
    print(
        f"All kinds: {100 * np.mean(covered):.1f} %, least {100 * min(covered):.0f} %"
    )


def measure_areas(scratch: Scratch, worlds: int) -> None:
    """Measure the intervals of AUCs of all dates, and print a table."""
    rows = []
    for horizon, step, dates in ((42, 14, 6), (30, 14, 12), (14, 14, 6)):
        for people, rate in ((300, 0.05), (1000, 0.02), (3000, 0.01), (1000, 0.3)):
            for levels in (2, 20):
                kind = Persons(people, rate, horizon, step, dates, levels)
                plain, by_person = areas_that_hold(scratch, kind, worlds)
                name = f"{horizon}, {step}, {dates}; {people:,}, {rate:.0%}, {levels}"
                rows.append([name, f"{100 * plain:.1f}", f"{100 * by_person:.1f}"])
    print_table(
        f"Intervals of AUCs that hold, in percent of {worlds} worlds",
        ["horizon, step, dates; people, rate, levels", "plain", "by person"],
        rows,
        right=["plain", "by person"],
    )


def measure_scores(scratch: Scratch, worlds: int) -> None:
    """Measure the intervals of scores, and print a table."""
    rows, everybody = [], []
    for users, dates, spread, rise in product((2000,), (4, 6), (0.0, 0.3), (0.0, 0.05)):
        held = []
        for rate in RATES:
            kind = Scores(users, dates, rate, spread, rise)
            found = score_worlds(scratch, kind, worlds)
            people = [
                (w["holds"] * w["people"]).sum() / w["people"].sum() for w in found
            ]
            high = [w["holds"][w["score"] >= 50].mean() for w in found]
            everybody += people
            held.append(f"{100 * np.mean(people):.1f} ({100 * np.nanmean(high):.0f})")
        rows.append([f"{dates}, {spread:.0%}, {rise:.0%}", *held])
    names = [f"{100 * rate:g} %" for rate in RATES]
    print_table(
        "Intervals of scores that hold at the next date, in percent of people (of the"
        " scores from 50 on)",
        ["dates, spread, rise a point", *names],
        rows,
        right=names,
    )
    print(f"All kinds: {100 * np.mean(everybody):.1f} %")


if __name__ == "__main__":
    run(main)
