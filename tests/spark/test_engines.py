"""The same models, on DuckDB and on Spark: `make spark-test`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from engines import Home, both, generate


def test_spark_says_what_duckdb_says(tmp_path: Path) -> None:
    home = Home(tmp_path)
    generate(home, "--users", "40")
    differing = both(home)
    assert len(differing) > 50
    assert {name: cells for name, cells in differing.items() if cells} == {}
