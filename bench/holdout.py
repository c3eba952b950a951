"""Measure whether what acting adds is found, and what leaving people out does.

    python bench/holdout.py
    python bench/holdout.py --worlds 1000

Worlds of people who convert more often if acted on, some of them held out: how often
does the interval of `holdout_effects` hold the truth (least: in the band it is worst
in, of those that a quarter of the worlds show), and is the difference right on average?
Then worlds in which people are called, unless they convert first: what do they convert
at by the project, by leaving out those alone who were called, and by leaving out
nobody, beside what they would if nobody called? Five minutes; no part of the tests.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import pandas as pd  # noqa: E402

from conftest import Scratch  # noqa: E402
from held_out_worlds import (  # noqa: E402
    Acting,
    Kind,
    compiled,
    covered,
    open_database,
    rates_of,
)
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402

KINDS = [
    Kind(2000, 0.1, (0.1, 0.04, 0.01), (0.06, 0.02, 0)),
    Kind(2000, 0.1, (0.1, 0.04, 0.01), (0, 0, 0)),
    Kind(500, 0.2, (0.1, 0.04, 0.01), (0.06, 0.02, 0)),
    Kind(10_000, 0.05, (0.02, 0.005, 0.001), (0.02, 0.005, 0.001)),
    Kind(10_000, 0.1, (0.02, 0.005, 0.001), (0, 0, 0)),
]
ACTING = [
    Acting(2000, 0.03, 0.6, 3),
    Acting(2000, 0.03, 0.9, 3),
    Acting(2000, 0.01, 0.3, 3),
    Acting(2000, 0.002, 0.6, 5),
    Acting(200, 0.03, 0.6, 3),
    Acting(2000, 0.03, 0.6, 1),
]


def main() -> None:
    """Read the command line, measure, and print two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=300, help="of each kind (300)")
    worlds = parser.parse_args().worlds
    with tempfile.TemporaryDirectory() as folder:
        sql = compiled(Scratch(Path(folder)))
    lines, acted = [], []
    with open_database() as connection:
        for kind in KINDS:
            rows = covered(connection, sql["holdout_effects"], kind, worlds)
            by_cell = rows.groupby("cell")["holds"]
            often = by_cell.size() >= worlds / 4
            whole = rows[rows["quarter_start_date"].isna() & rows["cell"].eq("all")]
            lines.append(
                [
                    f"{kind.people:,}, {kind.held_out:.0%}, {kind.rates[0]:.0%}",
                    f"{100 * whole['truth'].mean():.2f}",
                    f"{100 * whole['difference'].mean():.2f}",
                    f"{100 * whole['holds'].mean():.1f}",
                    f"{100 * rows['holds'].mean():.1f}",
                    f"{100 * by_cell.mean()[often].min():.1f}",
                ]
            )
    with open_database() as connection:
        for kind in ACTING:
            found = pd.DataFrame(
                [
                    rates_of(connection, sql["int_acted_on"], kind, seed)
                    for seed in range(worlds)
                ]
            )
            name = (
                f"{kind.people:,}, {kind.rate:.1%}, {kind.acted:.0%}, x{kind.times:g}"
            )
            acted.append([name, *(f"{100 * rate:.2f}" for rate in found.mean())])
    numbers = ["adds", "found", "holds", "all lines", "least"]
    print_table(
        "What acting adds in percentage points, and intervals that hold in percent",
        ["people, held out, rate of the best", *numbers],
        lines,
        right=numbers,
    )
    numbers = ["truth", "nobody", "acted on", "the project"]
    print_table(
        "Percent who convert, by who is left out",
        ["people, a day, called, effect", *numbers],
        acted,
        right=numbers,
    )


if __name__ == "__main__":
    run(main)
