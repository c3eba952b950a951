"""Measure whether leaks are named, and how often what is honest is.

    python bench/known.py
    python bench/known.py --worlds 400

Worlds are drawn whose truth is known (tests/python/known_worlds.py) and judged by the
project's own SQL: honest ones of several strengths, late and loaded by night, and ones
in which an event type is delivered with the outcome and dated before it, or a column
of the profile is filled in after it. A second a world; no part of the tests, of which
test_known.py is the short form.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import numpy as np  # noqa: E402

from conftest import Scratch  # noqa: E402
from known_worlds import CLEAN, LEAKS, Judge, world  # noqa: E402
from pointwise.core.command_line import run  # noqa: E402
from pointwise.core.terminal import print_table  # noqa: E402

ALONE = ("marks", "lead_score", "tag")
BEST = """
    select max(greatest(auc, 1 - auc)) from feature_signals
    where as_of_date is null and feature <> 'score'
"""


def main() -> None:
    """Read the command line, measure, and print two tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--worlds", type=int, default=100, help="clean ones (100)")
    worlds = parser.parse_args().worlds
    with tempfile.TemporaryDirectory() as folder:
        judge = Judge(Scratch(Path(folder)))
    wrongly, best = [], []
    for seed in range(1000, 1000 + worlds):
        kind = CLEAN[seed % len(CLEAN)]
        features, types = judge.judge(world(kind, seed))
        wrongly += [(seed, *features, *types)] * bool(features or types)
        best += judge.connection.execute(BEST).fetchall()[0]
    print(f"{worlds} clean worlds, best feature {min(best):.2f}-{max(best):.2f} (AUC)")
    print(f"in which something is named: {wrongly or 'none'}")
    lines = []
    for name, (kind, features, types) in LEAKS.items():
        named, areas = [], []
        for seed in range(1000, 1000 + max(worlds // 5, 1)):
            named.append(judge.judge(world(kind, seed)) == (features, types))
            feature = next(iter(features & set(ALONE)), "marks")
            areas.append(judge.areas(feature))
        known, happened = np.mean(areas, axis=0)
        share = f"{sum(named)} of {len(named)}"
        lines.append([name, f"{known:.3f}", f"{happened:.3f}", share])
    numbers = ["AUC as known", "as happened", "named"]
    print_table("Leaks", ["", *numbers], lines, right=numbers)


if __name__ == "__main__":
    run(main)
