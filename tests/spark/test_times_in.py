"""Whole times of wide decimals are counted exactly: Spark rounds what it compares."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import Environment
from pyspark.sql import SparkSession

MACRO = Path(__file__).resolve().parents[2] / "macros" / "scoring" / "times_in.sql"
# A value, and how often 10 goes into it: as sums of money are, and as decays make them.
VALUES = [
    *(("19.99977529", 1), ("20.0", 2), ("-3.0", 0), ("0.0", 0)),
    *(("9.9999999999", 0), ("10.0000000000", 1), ("9999990.5", 999_999)),
]


@pytest.mark.parametrize("kind", ["decimal(38, 10)", "decimal(28, 10)"])
def test_spark_counts_whole_times(kind: str, tmp_path: Path) -> None:
    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.warehouse.dir", str(tmp_path))
        .getOrCreate()
    )
    macros = Environment(extensions=["jinja2.ext.do"]).from_string(MACRO.read_text())
    times = macros.module.times_in("value", "per")
    rows = ", ".join(f"(cast('{value}' as {kind}))" for value, _ in VALUES)
    found = session.sql(
        f"select value, {times} as times from"
        " (select *, cast(10 as decimal(18, 4)) as per"
        f" from values {rows} as t (value))"
    ).collect()
    session.stop()
    assert {row.value: row.times for row in found} == {
        Decimal(value): times for value, times in VALUES
    }
