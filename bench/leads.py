"""Measure lists of leads: what is refused, and what the panel learned is worth.

    python bench/leads.py
    python bench/leads.py --worlds 400 --panels 6

Worlds are drawn whose truth is known (tests/python/lead_lists.py), with honest columns
of several strengths and with leaking ones. First it asks which columns are refused;
then it imports lists without dates, and compares how their panel ranks the people held
out with how the true odds rank everybody. About ten seconds a panel; no part of the
tests, of which test_leaks.py is the short form.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT / "scripts"), str(PROJECT / "tests" / "python")]

import numpy as np  # noqa: E402

import lead_lists  # noqa: E402
from pointwise.importing.leaks import leaking, signal_of  # noqa: E402
from pointwise.importing.learned import quality  # noqa: E402

NOTHING = {"": None, "Select": None}
ROWS = 9_000


def refusals(worlds: int) -> None:
    """Print how many columns are refused that should not be, or should and are not."""
    wrongly, missed, best = [], [], []
    for seed in range(1000, 1000 + worlds):
        random = np.random.default_rng(seed)
        honest, odds = lead_lists.people(random, int(random.choice([400, 1500, 4000])))
        odds *= random.uniform(1, 2.5)
        had = lead_lists.odds_to_outcome(random, odds, random.uniform(0.05, 0.5))
        leaks = lead_lists.leaking_columns(random, had)
        columns, label = honest.join(leaks).replace(NOTHING), had.astype(float)
        found = set(leaking(columns, label))
        wrongly += [(seed, name) for name in found - set(leaks)]
        missed += [(seed, name, int(had.sum())) for name in set(leaks) - found]
        best.append(max(signal_of(columns[name], label).auc for name in honest))
    print(f"{worlds} worlds; the best honest column: {min(best):.2f}-{max(best):.2f}")
    print(f"refused, though honest: {wrongly or 'none'}")
    print(f"not refused, though leaking (with conversions): {missed or 'none'}")


def panels(number: int) -> None:
    """Print how panels rank people held out, and how the true odds rank everybody."""
    for seed in range(1, number + 1):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "leads.csv"
            lead_lists.without_dates(ROWS, seed).to_csv(file, index=False)
            command = [sys.executable, "-m", "pointwise.cli", "import", str(file)]
            output = subprocess.run(
                [*command, "--home", f"{folder}/home"],
                cwd=PROJECT / "scripts",
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        (found,) = re.findall(r"they put (\d+) % of pairs", output)
        random = np.random.default_rng(seed)
        _, odds = lead_lists.people(random, ROWS)
        had = lead_lists.odds_to_outcome(random, odds, 0.38).astype(float)
        print(f"list {seed}: panel .{found}, true odds {quality(odds, had):.3f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--worlds", type=int, default=400)
    parser.add_argument("--panels", type=int, default=6)
    given = parser.parse_args()
    refusals(given.worlds)
    panels(given.panels)
