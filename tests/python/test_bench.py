"""The benchmark runs, and polars and pandas come to the same scores."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from conftest import PROJECT, clean_environment, last_lines


def test_peers_come_to_the_same_scores(tmp_path: Path) -> None:
    result = subprocess.run(
        [
            *(sys.executable, PROJECT / "bench" / "run.py"),
            *("--events", "20000", "--repeat", "1"),
            *("--steps", "floor", "build", "polars", "pandas"),
            *("--data", tmp_path / "data", "--out", tmp_path / "results"),
        ],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    # It ends with an error where a score or a rank differs.
    assert result.returncode == 0, last_lines(result)
    measured = json.loads((tmp_path / "results" / "20000.json").read_text())
    assert measured["steps"].keys() == {"floor", "build", "polars", "pandas"}
    assert all(step["seconds"] > 0 for step in measured["steps"].values())
    assert "| 20,000 | polars |" in (tmp_path / "results" / "results.md").read_text()
